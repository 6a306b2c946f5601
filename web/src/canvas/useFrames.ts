import { useCallback, useEffect, useLayoutEffect, useRef } from 'react'

/** Run `paint` after every render, and on request at most once a frame. */
export function useFrames(paint: () => void): () => void {
  const latest = useRef(paint)
  const frame = useRef(0)
  useLayoutEffect(() => {
    latest.current = paint
    paint()
  })
  const scheme = useRef<MutationObserver | null>(null)
  const request = useCallback(() => {
    if (frame.current) return
    frame.current = requestAnimationFrame(() => {
      frame.current = 0
      latest.current()
    })
  }, [])
  useEffect(() => {
    // The bitmap does not follow the theme by itself.
    scheme.current = new MutationObserver(request)
    scheme.current.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] })
    return () => {
      scheme.current?.disconnect()
      cancelAnimationFrame(frame.current)
      frame.current = 0
    }
  }, [request])
  return request
}

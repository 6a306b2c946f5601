import { useStore } from '@xyflow/react'
import { useEffect, useRef } from 'react'
import classes from './Canvas.module.css'
import { draw, type Picture, prepare } from './picture'
import { useFrames } from './useFrames'

/** Zoomed out, all nodes are on screen: then one bitmap shows them, and React Flow mounts none. */
export function FarLayer({ picture }: { picture: Picture }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const transform = useStore((state) => state.transform)
  const width = useStore((state) => state.width)
  const height = useStore((state) => state.height)
  const request = useFrames(() => {
    const context = canvas.current && prepare(canvas.current, width, height)
    const [x, y, zoom] = transform
    if (context) draw(context, picture, { x, y, zoom, width, height }, true)
  })
  useEffect(() => {
    const leave = [...picture.statuses.values()].map((status) => status.subscribeAll(request))
    return () => {
      for (const stop of leave) stop()
    }
  }, [picture.statuses, request])
  return <canvas ref={canvas} className={classes.far} aria-hidden />
}

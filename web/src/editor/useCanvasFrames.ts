import { useEffect, useMemo } from 'react'
import type { CanvasFrames } from '~/canvas/context'
import { keepOpenFrames } from '~/canvas/openFrames'
import { foldFrame } from './actions/frames'
import { useEditor, useEditorHandle } from './store'

/** Which containers are open in place on the canvas, and which of its graphs is worked in. */
export function useCanvasFrames(): CanvasFrames {
  const { store, dispatch } = useEditorHandle()
  const frames = useEditor((state) => state.frames)
  const canvas = useEditor((state) => state.canvas)
  const active = useEditor((state) => state.path.slice(state.canvas.length).join('/'))
  const workflow = useEditor((state) => state.saved.document.name)
  useEffect(() => keepOpenFrames(workflow, frames), [workflow, frames])
  const open = useMemo(() => {
    const prefix = canvas.map((name) => `${name}/`).join('')
    const here = [...frames].filter((place) => place.startsWith(prefix))
    return new Set(here.map((place) => place.slice(prefix.length)))
  }, [frames, canvas])
  const onFold = useMemo(
    () => (name: string) => dispatch(foldFrame, [...store.getState().canvas, ...name.split('/')]),
    [store, dispatch],
  )
  return useMemo(() => ({ open, active, onFold }), [open, active, onFold])
}

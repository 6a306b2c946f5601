import { useConnection } from '@xyflow/react'
import { useEffect, useState } from 'react'
import classes from './Canvas.module.css'
import { useScene } from './context'
import { whyNotOn } from './sceneWires'
import { parseWireEnd, wireEndKey } from './wiring'

interface Hover {
  node: string
  x: number
  y: number
}

/** While a wire is dragged over a card that cannot take it: why not, beside the pointer. */
export function ConnectionHint() {
  const scene = useScene()
  const key = useConnection(wireEndKey)
  const [hover, setHover] = useState<Hover | null>(null)
  useEffect(() => {
    if (key === '') return
    const follow = (event: PointerEvent) => {
      const card =
        event.target instanceof Element ? event.target.closest<HTMLElement>('.react-flow__node') : null
      const node = card?.dataset.id
      setHover(node ? { node, x: event.clientX, y: event.clientY } : null)
    }
    window.addEventListener('pointermove', follow)
    return () => {
      window.removeEventListener('pointermove', follow)
      setHover(null)
    }
  }, [key])
  const from = parseWireEnd(key)
  if (!from || !hover || hover.node === from.node) return null
  const why = whyNotOn(scene, from, hover.node)
  if (!why) return null
  return (
    <div className={classes.hint} style={{ left: hover.x + 14, top: hover.y + 14 }} role="status">
      {why}
    </div>
  )
}

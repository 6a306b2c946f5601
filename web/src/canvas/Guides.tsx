import { useStore as useFlowStore } from '@xyflow/react'
import { useStore } from 'zustand'
import classes from './Canvas.module.css'
import { useScene } from './context'

/** Lines that show what dragged cards are in line with. */
export function Guides() {
  const scene = useScene()
  const guides = useStore(scene.dragging, (now) => now.guides)
  return guides.length === 0 ? null : <Lines />
}

function Lines() {
  const scene = useScene()
  const guides = useStore(scene.dragging, (now) => now.guides)
  const [x, y, zoom] = useFlowStore((state) => state.transform)
  return (
    <svg className={classes.guides} aria-hidden data-testid="guides">
      {guides.map(({ axis, at, from, to }) => {
        const [across, start, end] =
          axis === 'x'
            ? [at * zoom + x, from * zoom + y, to * zoom + y]
            : [at * zoom + y, from * zoom + x, to * zoom + x]
        return axis === 'x' ? (
          <line key={`x ${at}`} x1={across} x2={across} y1={start - 12} y2={end + 12} />
        ) : (
          <line key={`y ${at}`} y1={across} y2={across} x1={start - 12} x2={end + 12} />
        )
      })}
    </svg>
  )
}

import { useEffect, useRef } from 'react'
import { prefersStill } from '~/ui/motion'
import type { CanvasNode } from './toFlow'

const DURATION = 150
/** Cards that move less than this just stand there: a nudge is no change of place to explain. */
const NOTABLE = 40
/** Above so many moving cards a frame would take too long. */
const MOST = 1500

type Places = ReadonlyMap<string, { x: number; y: number }>

/** Places from which cards glide to where they now belong; null when they need not. */
export function startOfGlide(before: readonly CanvasNode[], after: readonly CanvasNode[]): Places | null {
  if (before.length === 0 || after.length === 0 || after.length > MOST || prefersStill()) return null
  const old = new Map(before.map((node) => [node.id, node.position]))
  const from = new Map<string, { x: number; y: number }>()
  let far = 0
  for (const { id, position } of after) {
    const was = old.get(id)
    if (!was || (was.x === position.x && was.y === position.y)) continue
    from.set(id, was)
    far = Math.max(far, Math.abs(was.x - position.x), Math.abs(was.y - position.y))
  }
  return far > NOTABLE ? from : null
}

const easeOut = (part: number) => 1 - (1 - part) ** 3

/** The cards with those in `from` a part of the way. */
export function between(nodes: readonly CanvasNode[], from: Places, part: number): CanvasNode[] {
  const way = easeOut(part)
  return nodes.map((node) => {
    const was = from.get(node.id)
    if (!was) return node
    const { x, y } = node.position
    return { ...node, position: { x: was.x + (x - was.x) * way, y: was.y + (y - was.y) * way } }
  })
}

/** Draw a glide frame by frame; `draw` gets the part done, 1 at the end. A new one, or none, ends the one before. */
export function useGlide(from: Places | null, draw: (part: number) => void): void {
  const latest = useRef(draw)
  latest.current = draw
  useEffect(() => {
    if (!from) return
    const start = performance.now()
    let frame = requestAnimationFrame(function step(now) {
      const part = Math.min(1, Math.max(0, (now - start) / DURATION))
      latest.current(part)
      if (part < 1) frame = requestAnimationFrame(step)
    })
    return () => cancelAnimationFrame(frame)
  }, [from])
}

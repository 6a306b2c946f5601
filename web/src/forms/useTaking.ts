import { type DragEvent, useEffect, useRef, useState } from 'react'
import { type Carried, carriedBy, carriedKind, onInsert } from './dragging'

/** Lets a field take names of the data: dropped on it, or put into it from a menu. */
export function useTaking(kinds: readonly Carried['kind'][], take: (carried: Carried) => void) {
  const host = useRef<HTMLDivElement>(null)
  const [over, setOver] = useState(false)
  const latest = useRef(take)
  latest.current = take
  const some = kinds.length > 0
  useEffect(() => {
    if (!host.current || !some) return
    return onInsert(host.current, (carried) => latest.current(carried))
  }, [some])
  if (!some) return { host, over: false, handlers: {} }
  const fits = (event: DragEvent) => {
    const kind = carriedKind(event.dataTransfer)
    return kind !== null && kinds.includes(kind)
  }
  const handlers = {
    onDragOver: (event: DragEvent) => {
      if (!fits(event)) return
      event.preventDefault()
      event.dataTransfer.dropEffect = 'copy'
      setOver(true)
    },
    onDragLeave: (event: DragEvent) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false)
    },
    // Before the control inside, which knows text only.
    onDropCapture: (event: DragEvent) => {
      const carried = fits(event) ? carriedBy(event.dataTransfer) : null
      setOver(false)
      // A code editor puts it where it was dropped, by itself.
      if (!carried || isCode(event.target)) return
      event.preventDefault()
      event.stopPropagation()
      latest.current(carried)
    },
  }
  return { host, over, handlers }
}

const isCode = (target: EventTarget): boolean =>
  target instanceof Element &&
  target.closest('.cm-content')?.textContent?.trim() !== '' &&
  target.closest('.cm-content') !== null

import { type FocusEvent, type KeyboardEvent, useLayoutEffect, useRef } from 'react'
import { lineAfterKey } from './listKeys'
import type { ListRows } from './useListRows'

interface ListFocus {
  list: ListRows
  count: number
  onOpen: (index: number) => void
  /** Tick a row; with `reach` all from the last one to it. */
  onTick?: ((index: number, reach: boolean) => void) | undefined
  onUntick?: (() => void) | undefined
}

const rowOf = (target: EventTarget): number => {
  const row = target instanceof Element ? target.closest<HTMLElement>('tr[data-index]') : null
  return row ? Number(row.dataset.index) : -1
}

/**
 * Keys of a list whose rows have a main link each, which has the focus.
 *
 * The row with the focus may be taken out of the page when it is scrolled away: then the list has it, and the keys go on
 * from that row.
 */
export function useListFocus({ list, count, onOpen, onTick, onUntick }: ListFocus) {
  const active = useRef(-1)
  const held = useRef(false)
  const wanted = useRef<number | null>(null)
  const { scroll } = list

  const take = (): void => {
    if (wanted.current === null) return
    const link = scroll.current?.querySelector<HTMLElement>(`tr[data-index="${wanted.current}"] [data-main]`)
    if (!link) return
    wanted.current = null
    link.focus()
  }
  useLayoutEffect(() => {
    take()
    if (held.current && document.activeElement === document.body)
      scroll.current?.focus({ preventScroll: true })
  })

  const go = (index: number): void => {
    wanted.current = index
    active.current = index
    list.reveal(index)
    take()
  }
  return {
    onFocus(event: FocusEvent): void {
      held.current = true
      const row = rowOf(event.target)
      if (row >= 0) active.current = row
    },
    onBlur(event: FocusEvent): void {
      if (event.target.isConnected) held.current = false
    },
    onKeyDown(event: KeyboardEvent<HTMLElement>): void {
      const { target, key } = event
      if (!(target instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey) return
      const onList = target === event.currentTarget
      if (!onList && !target.hasAttribute('data-main') && !target.hasAttribute('data-tick')) return
      const at = onList ? active.current : rowOf(target)
      if (key === 'Escape' && onUntick) {
        event.preventDefault()
        onUntick()
      } else if (key === ' ' && onTick && at >= 0 && target instanceof HTMLAnchorElement) {
        event.preventDefault()
        onTick(at, event.shiftKey)
      } else if (key === 'Enter' && onList && at >= 0) {
        event.preventDefault()
        onOpen(at)
      } else {
        const next = lineAfterKey(key, at, count, list.page())
        if (next === null) return
        event.preventDefault()
        if (event.shiftKey && onTick) onTick(next, true)
        go(next)
      }
    },
  }
}

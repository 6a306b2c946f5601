import type { KeyboardEvent } from 'react'

/** Where a key leads in a list of `count` lines from the line `at` (-1: none); null for keys of something else. */
export function lineAfterKey(key: string, at: number, count: number, page = 10): number | null {
  if (count === 0) return null
  const last = count - 1
  switch (key) {
    case 'ArrowDown':
      return Math.min(last, at + 1)
    case 'ArrowUp':
      return Math.max(0, at < 0 ? last : at - 1)
    case 'PageDown':
      return Math.min(last, Math.max(0, at) + page)
    case 'PageUp':
      return Math.max(0, at - page)
    case 'Home':
      return 0
    case 'End':
      return last
    default:
      return null
  }
}

interface ListKeys {
  at: number
  count: number
  onMove: (line: number) => void
  onOpen?: (line: number) => void
}

/** The keys of a list that is focused as a whole and names its active line by `aria-activedescendant`. */
export const listKeys =
  ({ at, count, onMove, onOpen }: ListKeys) =>
  (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if ((event.key === 'Enter' || event.key === ' ') && onOpen && at >= 0) {
      event.preventDefault()
      onOpen(at)
      return
    }
    const line = lineAfterKey(event.key, at, count)
    if (line === null) return
    event.preventDefault()
    onMove(line)
  }

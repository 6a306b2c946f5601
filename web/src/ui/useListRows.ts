import { useVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useMemo, useRef } from 'react'

export type Density = 'normal' | 'compact'

/** In pixels, as the style sheet has them. */
const ROW_HEIGHT: Readonly<Record<Density, number>> = { normal: 38, compact: 30 }
const HEAD_HEIGHT = 34
/** Fewer rows than this are all in the page: the browser's own search finds them. */
const ALL_SHOWN = 100
/** Rows kept beyond either edge of the screen: about one more screen. */
const OVERSCAN = 24

export interface ListRows {
  scroll: RefObject<HTMLDivElement | null>
  rowHeight: number
  /** Indexes of the rows that are in the page, without gaps. */
  shown: readonly number[]
  /** Pixels that the rows before and after them take. */
  above: number
  below: number
  /** How many rows fit on the screen. */
  page: () => number
  /** Bring a row on the screen; one that is not in the page yet gets there with the next rendering. */
  reveal: (index: number) => void
}

/** Which rows of a list are in the page. */
export function useListRows(count: number, density: Density): ListRows {
  const scroll = useRef<HTMLDivElement>(null)
  const rowHeight = ROW_HEIGHT[density]
  const virtual = count > ALL_SHOWN
  const virtualizer = useVirtualizer({
    count,
    enabled: virtual,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    scrollMargin: HEAD_HEIGHT,
    scrollPaddingStart: HEAD_HEIGHT,
    initialRect: { width: 0, height: 800 },
  })
  // It keeps the heights it was told first.
  const told = useRef(rowHeight)
  if (told.current !== rowHeight) {
    told.current = rowHeight
    virtualizer.measure()
  }
  const items = virtual ? virtualizer.getVirtualItems() : null
  const first = items?.at(0)?.index ?? 0
  const end = items ? (items.at(-1)?.index ?? -1) + 1 : count
  const shown = useMemo(() => Array.from({ length: end - first }, (_, step) => first + step), [first, end])
  return {
    scroll,
    rowHeight,
    shown,
    above: first * rowHeight,
    below: (count - end) * rowHeight,
    page: () => Math.max(1, Math.floor(((scroll.current?.clientHeight ?? 0) - HEAD_HEIGHT) / rowHeight) - 1),
    reveal: (index) => {
      if (virtual) virtualizer.scrollToIndex(index, { align: 'auto' })
    },
  }
}

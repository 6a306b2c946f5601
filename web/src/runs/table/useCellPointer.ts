import { type PointerEvent, useRef } from 'react'
import type { Selection, Spot } from './selection'

/** Cells under a pointer: `whole` on the number of a row. */
function spotOf(target: EventTarget): (Spot & { whole: boolean }) | null {
  if (!(target instanceof Element)) return null
  const row = target.closest<HTMLElement>('[data-line]')?.dataset.line
  if (row === undefined) return null
  const column = target.closest<HTMLElement>('[data-column]')?.dataset.column
  return { row: Number(row), column: Number(column ?? 0), whole: column === undefined }
}

/** Selecting with a mouse: a click, with Shift or dragged a range, on the number of a row all of it. */
export function useCellPointer(
  selection: Selection | null,
  columns: number,
  onSelect: (selection: Selection) => void,
) {
  const drag = useRef<{ from: Spot; whole: boolean } | null>(null)
  const extend = (spot: Spot, { from, whole }: { from: Spot; whole: boolean }) => {
    const last = columns - 1
    onSelect(
      whole
        ? { from: { row: from.row, column: last }, at: { row: spot.row, column: 0 } }
        : { from, at: { row: spot.row, column: spot.column } },
    )
  }
  return {
    onPointerDown: (event: PointerEvent) => {
      const spot = spotOf(event.target)
      // A finger scrolls.
      if (!spot || event.button !== 0 || event.pointerType === 'touch') return
      const from = event.shiftKey && selection ? selection.from : { row: spot.row, column: spot.column }
      drag.current = { from, whole: spot.whole }
      extend(spot, drag.current)
    },
    onPointerOver: (event: PointerEvent) => {
      const spot = spotOf(event.target)
      if (!drag.current || !spot) return
      if ((event.buttons & 1) === 0) drag.current = null
      else extend(spot, drag.current)
    },
    onPointerUp: () => {
      drag.current = null
    },
    onClick: (event: { target: EventTarget }) => {
      const spot = spotOf(event.target)
      if (spot && !selection) extend(spot, { from: spot, whole: spot.whole })
    },
  }
}

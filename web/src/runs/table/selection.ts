export interface Spot {
  row: number
  column: number
}

/** The cell that has the keyboard, and the corner that a range was begun at. */
export interface Selection {
  at: Spot
  from: Spot
}

export interface Range {
  top: number
  bottom: number
  left: number
  right: number
}

export interface GridSize {
  rows: number
  columns: number
  /** Rows on a screen. */
  page: number
}

export interface Stroke {
  key: string
  shiftKey: boolean
  /** Ctrl, or Cmd on a Mac. */
  mod: boolean
}

const within = (value: number, count: number): number => Math.max(0, Math.min(count - 1, value))

function target({ row, column }: Spot, { key, mod }: Stroke, { rows, columns, page }: GridSize): Spot | null {
  const far = mod ? Number.POSITIVE_INFINITY : 1
  switch (key) {
    case 'ArrowUp':
      return { row: row - far, column }
    case 'ArrowDown':
      return { row: row + far, column }
    case 'ArrowLeft':
      return { row, column: column - far }
    case 'ArrowRight':
      return { row, column: column + far }
    case 'PageUp':
      return { row: row - page, column }
    case 'PageDown':
      return { row: row + page, column }
    case 'Home':
      return { row: mod ? 0 : row, column: 0 }
    case 'End':
      return { row: mod ? rows - 1 : row, column: columns - 1 }
    default:
      return null
  }
}

/** Where a key leads, with Shift as the end of a range; null for a key that leads nowhere. */
export function moved(selection: Selection | null, stroke: Stroke, size: GridSize): Selection | null {
  if (size.rows === 0 || size.columns === 0) return null
  const start = selection?.at ?? { row: 0, column: 0 }
  const next = target(start, stroke, size)
  if (!next) return null
  // The first key shows where the cursor is.
  const at = selection
    ? { row: within(next.row, size.rows), column: within(next.column, size.columns) }
    : start
  return { at, from: stroke.shiftKey && selection ? selection.from : at }
}

/** All cells between the two corners. */
export const rangeOf = ({ at, from }: Selection): Range => ({
  top: Math.min(at.row, from.row),
  bottom: Math.max(at.row, from.row),
  left: Math.min(at.column, from.column),
  right: Math.max(at.column, from.column),
})

export const isOne = ({ top, bottom, left, right }: Range): boolean => top === bottom && left === right

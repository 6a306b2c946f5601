import type { Column } from '~/api/types'
import { cellText } from './cellText'

const CHARACTER = 7.4
const PADDING = 24
const NARROWEST = 84
const WIDEST = 320
const LOOKED_AT = 50

/** Widths (px) that fit the head and most of the first rows. */
export function columnWidths(
  columns: readonly Column[],
  sample: readonly Record<string, unknown>[],
): number[] {
  return columns.map((column) => {
    let longest = column.name.length + column.type.length + 1
    for (const row of sample.slice(0, LOOKED_AT)) {
      longest = Math.max(longest, cellText(row[column.name]).length)
    }
    return Math.round(Math.min(WIDEST, Math.max(NARROWEST, longest * CHARACTER + PADDING)))
  })
}

/** Whether values of this type stand at the right: Arrow, DuckDB and Python names of numbers. */
export const isNumeric = (type: string): boolean =>
  /^(u?(tiny|small|big|huge)?int(eger)?\d*|float\d*|double|real|decimal\d*|number)\b/i.test(type)

/** The part of a log that is in the page: its lines by number, and where lines between them were not loaded. */

import type { LogLine } from '~/api/types'

export interface LogWindow {
  lines: readonly LogLine[]
  /** Numbers of lines behind which others are missing. */
  holes: ReadonlySet<number>
  /** Nothing is before the first line. */
  whole: boolean
}

export const EMPTY_LOG: LogWindow = { lines: [], holes: new Set(), whole: false }

interface Joins {
  /** Nothing is missing between the line before these and them. */
  before?: boolean
  /** Nothing is missing between these and the line after them. */
  after?: boolean
}

/** The first index whose line has at least this number. */
export function indexOfLine(lines: readonly LogLine[], n: number): number {
  let low = 0
  let high = lines.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((lines[middle]?.n ?? 0) < n) low = middle + 1
    else high = middle
  }
  return low
}

/** With more lines that follow each other, ascending; where they join what is there nothing is known to be missing. */
export function withLines(log: LogWindow, items: readonly LogLine[], joins: Joins = {}): LogWindow {
  const first = items[0]
  const last = items.at(-1)
  if (!first || !last) return log
  const from = indexOfLine(log.lines, first.n)
  const to = indexOfLine(log.lines, last.n + 1)
  const before = log.lines[from - 1]
  const after = log.lines[to]
  const overlap = log.lines.slice(from, to)
  const holes = new Set(log.holes)
  const openEnd = overlap.length === 0 || holes.has(overlap.at(-1)?.n ?? 0)
  for (const { n } of overlap) holes.delete(n)
  if (before) {
    if (joins.before) holes.delete(before.n)
    else if (overlap.length === 0) holes.add(before.n)
  }
  if (after && openEnd && !joins.after) holes.add(last.n)
  return { ...log, lines: [...log.lines.slice(0, from), ...items, ...log.lines.slice(to)], holes }
}

/** Without the hole behind a line: nothing was in it. */
export function withoutHole(log: LogWindow, n: number): LogWindow {
  const holes = new Set(log.holes)
  holes.delete(n)
  return { ...log, holes }
}

/** Its newest lines only, when there are too many. */
export function trimmed(log: LogWindow, most: number): LogWindow {
  if (log.lines.length <= most) return log
  return { ...log, lines: log.lines.slice(-most), whole: false }
}

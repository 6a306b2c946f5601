/** The stretch of time that the timeline shows, and how it is moved. Moments in ms. */

export interface Range {
  from: number
  to: number
}

/** Nobody looks closer than at half a millisecond. */
const SHORTEST = 0.5

export const spanOfRange = ({ from, to }: Range): number => Math.max(SHORTEST, to - from)

/** Where a moment is in the range, 0 to 1; outside of it at its nearer end. */
export const placeIn = (range: Range, time: number): number =>
  Math.min(1, Math.max(0, (time - range.from) / spanOfRange(range)))

/** The moment at a place, 0 to 1. */
export const timeAt = (range: Range, place: number): number => range.from + place * spanOfRange(range)

/** Shown `factor` times as wide (0.5: as much again), what is at `place` staying there; null for all of `whole`. */
export function zoomed(range: Range, factor: number, place: number, whole: Range): Range | null {
  const span = Math.max(SHORTEST, spanOfRange(range) / factor)
  if (span >= spanOfRange(whole)) return null
  const from = timeAt(range, place) - place * span
  return within({ from, to: from + span }, whole)
}

/** Moved by a part of its own length. */
export const panned = (range: Range, part: number, whole: Range): Range => {
  const by = part * spanOfRange(range)
  return within({ from: range.from + by, to: range.to + by }, whole)
}

function within(range: Range, whole: Range): Range {
  const span = spanOfRange(range)
  const from = Math.min(Math.max(range.from, whole.from), Math.max(whole.from, whole.to - span))
  return { from, to: from + span }
}

export interface Tick {
  /** Offset from the origin in ms, and place, 0 to 1. */
  ms: number
  at: number
}

const STEPS = [
  0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5,
  36e5, 72e5, 216e5, 864e5,
]
const TICK_WIDTH = 84
const MOST_TICKS = 8

/** Marks at round times since `origin`, for a track of `width` px. */
export function ticksOf(range: Range, origin: number, width: number): Tick[] {
  const most = Math.min(MOST_TICKS, Math.max(1, Math.floor(width / TICK_WIDTH)))
  const span = spanOfRange(range)
  const step = STEPS.find((size) => span / size <= most) ?? 864e5 * Math.ceil(span / (864e5 * most))
  const ticks: Tick[] = []
  // Not -0, which people would see.
  const first = Math.ceil((range.from - origin) / step - 1e-9) + 0
  for (let index = first; index * step <= range.to - origin + 1e-6; index += 1) {
    const ms = index * step
    ticks.push({ ms, at: placeIn(range, origin + ms) })
  }
  return ticks
}

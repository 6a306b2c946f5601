import type { NodeRunView } from './fold'

export interface TimelineRow {
  id: string
  view: NodeRunView
  /** Start and end of the bar as parts of the whole, 0 to 1. */
  from: number
  to: number
}

export interface TimelineScale {
  start: number
  end: number
  /** Marks at round times: offset from the start (ms) and place (0 to 1). */
  ticks: { ms: number; at: number }[]
}

const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5, 36e5, 72e5, 216e5,
  864e5,
]
const TICK_WIDTH = 84
const MOST_TICKS = 8

/** The time axis for a track of `width` px: from the run's start to its end, or to now while it goes on. */
export function timelineScale(
  startedAt: string | null,
  endedAt: string | null,
  now: number,
  width: number,
): TimelineScale {
  const most = Math.min(MOST_TICKS, Math.max(1, Math.floor(width / TICK_WIDTH)))
  const start = startedAt ? Date.parse(startedAt) : now
  const end = Math.max(start + 1, endedAt ? Date.parse(endedAt) : now)
  const span = end - start
  const step = STEPS.find((size) => span / size <= most) ?? 864e5 * Math.ceil(span / (864e5 * most))
  const ticks: TimelineScale['ticks'] = []
  for (let ms = 0; ms <= span; ms += step) ticks.push({ ms, at: ms / span })
  return { start, end, ticks }
}

/** The microseconds of a moment, which dates do without: what ran one after the other often shares a millisecond. */
const micros = (iso: string): number => Number((/\.\d{3}(\d{1,3})/.exec(iso)?.[1] ?? '').padEnd(3, '0'))

/** Nodes that have started, by start, with the ends of their bars. */
export function timelineRows(
  entries: readonly [string, NodeRunView][],
  scale: TimelineScale,
  now: number,
): TimelineRow[] {
  const span = scale.end - scale.start
  const place = (ms: number) => Math.min(1, Math.max(0, (ms - scale.start) / span))
  return entries
    .flatMap(([id, view]) => {
      if (!view.startedAt) return []
      const from = Date.parse(view.startedAt)
      return [
        {
          id,
          view,
          start: from,
          micros: micros(view.startedAt),
          from: place(from),
          to: place(view.endedAt ? Date.parse(view.endedAt) : now),
        },
      ]
    })
    .sort((left, right) => left.start - right.start || left.micros - right.micros)
    .map(({ start: _, micros: __, ...row }) => row)
}

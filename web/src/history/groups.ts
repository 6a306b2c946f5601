import type { ExecutionStatus, Histogram } from '~/api/types'

/** How statuses are told apart where room is short: what went wrong, what was called off, what goes on, what went well. */
export const GROUPS = ['failed', 'cancelled', 'open', 'succeeded'] as const
export type Group = (typeof GROUPS)[number]

const GROUP_OF: Readonly<Record<ExecutionStatus, Group>> = {
  failed: 'failed',
  interrupted: 'failed',
  cancelled: 'cancelled',
  queued: 'open',
  running: 'open',
  waiting: 'open',
  paused: 'open',
  succeeded: 'succeeded',
}

export interface Bars {
  /** When each begins, in seconds since 1970. */
  at: readonly number[]
  secondsWide: number
  /** As long as `at`, one list a group. */
  counts: Readonly<Record<Group, readonly number[]>>
  total: number
  failed: number
}

/** The buckets as bars, by group; of the given statuses only, where there are some. */
export function barsOf(histogram: Histogram, statuses: readonly ExecutionStatus[] = []): Bars {
  const counts: Record<Group, number[]> = { failed: [], cancelled: [], open: [], succeeded: [] }
  for (const [index, bucket] of histogram.items.entries()) {
    for (const group of GROUPS) counts[group].push(0)
    for (const [name, count] of Object.entries(bucket.counts)) {
      const status = name as ExecutionStatus
      const list = counts[GROUP_OF[status]]
      if (statuses.length === 0 || statuses.includes(status)) list[index] = (list[index] ?? 0) + (count ?? 0)
    }
  }
  const sum = (list: readonly number[]) => list.reduce((all, count) => all + count, 0)
  return {
    at: histogram.items.map((bucket) => Date.parse(bucket.at) / 1000),
    secondsWide: histogram.items[0]?.seconds_wide ?? 60,
    counts,
    total: GROUPS.reduce((all, group) => all + sum(counts[group]), 0),
    failed: sum(counts.failed),
  }
}

export const totalAt = ({ counts }: Bars, index: number): number =>
  GROUPS.reduce((all, group) => all + (counts[group][index] ?? 0), 0)

/** From the first bucket's begin to the last one's end, as ISO times. */
export function rangeOf({ at, secondsWide }: Bars, first: number, last: number) {
  const begin = at[Math.max(0, first)] ?? 0
  const end = (at[Math.min(at.length - 1, last)] ?? 0) + secondsWide
  return { since: new Date(begin * 1000).toISOString(), until: new Date(end * 1000).toISOString() }
}

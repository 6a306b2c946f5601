import type { NodeRunView } from './fold'
import { timeOf } from './moments'
import { type Segment, spanOf, type Track, type Tracks } from './segments'

export type TimelineSort = 'start' | 'end' | 'duration' | 'name'
export const TIMELINE_SORTS: readonly TimelineSort[] = ['start', 'end', 'duration', 'name']

export interface TimelineRow {
  key: string
  id: string
  view: NodeRunView
  /** One attempt of the node, shown in a row of its own below it. */
  attempt: number | null
  /** Why that attempt failed. */
  failure: string | null
  segments: readonly Segment[]
  from: number
  to: number | null
}

/** What a view alone tells, while the journal is on its way, or of a node that it does not tell of. */
function trackOfView(view: NodeRunView): Track | null {
  if (!view.startedAt) return null
  const from = timeOf(view.startedAt)
  const to = view.endedAt ? timeOf(view.endedAt) : null
  const segments = [{ kind: 'running' as const, attempt: view.attempt, from, to, about: null }]
  return { segments, since: 0, end: null, failures: new Map() }
}

/** An attempt may queue, run and wait; the wait for the next one is its own last part. */
function attemptRows(row: TimelineRow, track: Track): TimelineRow[] {
  const numbers = [...new Set(track.segments.map(({ attempt }) => attempt))]
  if (numbers.length < 2) return []
  return numbers.flatMap((attempt) => {
    const segments = track.segments.filter((segment) => segment.attempt === attempt)
    const [first] = segments
    if (!first) return []
    return [
      {
        ...row,
        key: `${row.id} ${attempt}`,
        attempt,
        failure: track.failures.get(attempt) ?? null,
        segments,
        from: first.from,
        to: segments.findLast(({ kind }) => kind !== 'retrying')?.to ?? null,
      },
    ]
  })
}

interface RowOptions {
  sort: TimelineSort
  now: number
  /** What a node is called, for sorting. */
  titleOf: (id: string) => string
  /** Each attempt of a node that has several in a row of its own. */
  apart: boolean
}

/** A row for each node that has begun, and for its attempts below it. */
export function timelineRows(
  entries: readonly [string, NodeRunView][],
  tracks: Tracks,
  { sort, now, titleOf, apart }: RowOptions,
): TimelineRow[] {
  const rows = entries.flatMap(([id, view]) => {
    const told = tracks.get(id)
    const track = told && told.segments.length > 0 ? told : trackOfView(view)
    const span = track && spanOf(track)
    if (!track || !span) return []
    const row: TimelineRow = {
      key: id,
      id,
      view,
      attempt: null,
      failure: null,
      segments: track.segments,
      from: span.from,
      to: span.to,
    }
    return [{ row, track }]
  })
  const took = ({ row }: (typeof rows)[number]) => (row.to ?? now) - row.from
  rows.sort((left, right) => {
    if (sort === 'duration') return took(right) - took(left) || left.row.from - right.row.from
    if (sort === 'end') return (left.row.to ?? now) - (right.row.to ?? now) || left.row.from - right.row.from
    if (sort === 'name') return titleOf(left.row.id).localeCompare(titleOf(right.row.id))
    return left.row.from - right.row.from
  })
  return rows.flatMap(({ row, track }) => [row, ...(apart ? attemptRows(row, track) : [])])
}

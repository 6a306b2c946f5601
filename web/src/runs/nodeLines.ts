import type { Execution } from '~/api/types'
import { nodeTitle, typeId, type WorkflowDocument } from '~/model/workflow'
import { type NodeRunView, shownStatus } from './fold'
import { timeOf } from './moments'
import { rowsIn } from './rowsIn'
import { sharesOf, type Tracks } from './segments'
import type { Typical, Usual } from './typical'

/** One node of a run in figures; null where there is nothing to say. */
export interface NodeLine {
  id: string
  title: string
  type: string
  view: NodeRunView
  attempts: number | null
  rowsIn: number | null
  rowsOut: number | null
  bytes: number | null
  /** Milliseconds. */
  duration: number | null
  typical: number | null
  usual: Usual | null
  waited: number | null
  logs: number | null
}

export const COLUMNS = [
  { key: 'status', right: false },
  { key: 'node', right: false },
  { key: 'type', right: false },
  { key: 'attempts', right: true },
  { key: 'rowsIn', right: true },
  { key: 'rowsOut', right: true },
  { key: 'bytes', right: true },
  { key: 'duration', right: true },
  { key: 'typical', right: true },
  { key: 'waited', right: true },
  { key: 'logs', right: true },
] as const
export type ColumnKey = (typeof COLUMNS)[number]['key']

interface Around {
  execution: Execution
  document: WorkflowDocument | null
  tracks: Tracks
  typical: Typical | null
  now: number
}

const sum = (values: readonly (number | null)[]): number | null =>
  values.length === 0 || values.includes(null)
    ? null
    : values.reduce<number>((all, one) => all + (one ?? 0), 0)

/** A line for every node, in the order of the graph. */
export function nodeLines(
  entries: readonly [string, NodeRunView][],
  { execution, document, tracks, typical, now }: Around,
): NodeLine[] {
  const views = new Map(entries)
  return entries.map(([id, view]) => {
    const run = execution.nodes[id]
    const track = tracks.get(id)
    const shares = track && sharesOf(track, now)
    const given = [...(rowsIn(id, document, (name) => views.get(name))?.values() ?? [])]
    const outputs = Object.values(view.outputs)
    const waited = shares ? shares.queued + shares.time + shares.people + shares.retrying : 0
    const started = view.startedAt ? timeOf(view.startedAt) : null
    const known = typical?.nodes[id]
    return {
      id,
      title: run?.title || nodeTitle(id, document?.nodes[id]),
      type: typeId(run?.type ?? document?.nodes[id]?.type ?? ''),
      view,
      attempts: view.attempt > 0 ? view.attempt : null,
      rowsIn: sum(given),
      rowsOut: view.rows ?? null,
      bytes: outputs.length > 0 ? sum(outputs.map((value) => value.bytes)) : null,
      duration: started === null ? null : (view.endedAt ? timeOf(view.endedAt) : now) - started,
      typical: known?.half ?? null,
      usual: known ?? null,
      waited: waited > 0 ? waited : null,
      logs: run && run.logs > 0 ? run.logs : null,
    }
  })
}

/** What is wrong or goes on first. */
const ORDER = [
  'failed',
  'interrupted',
  'retrying',
  'running',
  'waiting',
  'queued',
  'pending',
  'cancelled',
  'skipped',
  'reused',
  'succeeded',
]

function sortValue(line: NodeLine, key: ColumnKey): number | string | null {
  switch (key) {
    case 'status':
      return ORDER.indexOf(shownStatus(line.view))
    case 'node':
      return line.title
    default:
      return line[key]
  }
}

/** Sorted by a column; what has no value comes last either way, equals stay in the order of the graph. */
export function sortedLines(lines: readonly NodeLine[], key: ColumnKey, down: boolean): NodeLine[] {
  return lines.toSorted((left, right) => {
    const [a, b] = [sortValue(left, key), sortValue(right, key)]
    if (a === null || b === null) return Number(a === null) - Number(b === null)
    const order = typeof a === 'string' ? a.localeCompare(String(b)) : a - Number(b)
    return down ? -order : order
  })
}

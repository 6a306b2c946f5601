import type {
  Execution,
  ExecutionError,
  ExecutionStatus,
  ItemCounts,
  NodeRun,
  NodeStatus,
  Origin,
  Progress,
  RunEvent,
  ValueSummary,
} from '~/api/types'
import { isObject } from '~/model/json'
import type { Status } from '~/ui/tokens'
import { itemEnded, itemStarted, type Parts, startItems } from './items'

/** A node's own status, or that its attempt was cut off and a person has to decide. */
export type NodeViewStatus = NodeStatus | 'interrupted'

/** What the canvas, the timeline and the inspector show of a node in a run. */
export interface NodeRunView {
  /** Of a container or call: how many of its items are where, as far as this run was told. */
  items: ItemCounts | null
  /** The same as counted within its child runs, which do not tell of each. */
  counted: ItemCounts | null
  /** Items of each of its child runs that has not ended. */
  parts: Parts
  /** The run that it called, or the newest of its parts. */
  child: string | null
  /** The question that it asks. */
  approval: string | null
  /** Whose result it is, when it was not computed anew. */
  reused: Origin | null
  status: NodeViewStatus
  attempt: number
  /** Rows of the main table output, once there is one; null when it was never stored. */
  rows?: number | null
  /** Start of the first attempt, as in the server's snapshots. */
  startedAt: string | null
  endedAt: string | null
  /** When the wait is over, or the next attempt due. */
  dueAt: string | null
  /** What a waiting node waits by: `timer`, `slot` or `rate`. */
  rule: string | null
  /** Whose place it waits for, `connection:warehouse`. */
  resource: string | null
  progress: Progress | null
  error: ExecutionError | null
  outputs: Readonly<Record<string, ValueSummary>>
  /** Why it was skipped or cancelled. */
  reason: string | null
}

/** The status that people are shown: a result that was not computed anew has a sign of its own. */
export const shownStatus = ({ status, reused }: NodeRunView): Status =>
  status === 'succeeded' && reused ? 'reused' : status

export const PENDING: NodeRunView = {
  items: null,
  counted: null,
  parts: {},
  child: null,
  approval: null,
  reused: null,
  status: 'pending',
  attempt: 0,
  startedAt: null,
  endedAt: null,
  dueAt: null,
  rule: null,
  resource: null,
  progress: null,
  error: null,
  outputs: {},
  reason: null,
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const count = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise)
const problem = (value: unknown): ExecutionError | null => (value ? (value as ExecutionError) : null)

/** Rows of the output `out`, or of the only table among the outputs. */
export function mainRows(outputs: Readonly<Record<string, ValueSummary>>): number | null | undefined {
  if (outputs.out) return outputs.out.kind === 'table' ? outputs.out.rows : undefined
  const tables = Object.values(outputs).filter((value) => value.kind === 'table')
  return tables.length === 1 ? tables[0]?.rows : undefined
}

const isLive = ({ status }: { status: string }): boolean => status === 'running' || status === 'interrupted'

/** The view of a node in a snapshot. */
export function viewOf(run: NodeRun): NodeRunView {
  return {
    status: run.status,
    attempt: run.attempt,
    rows: mainRows(run.outputs),
    startedAt: run.started_at,
    endedAt: run.ended_at,
    dueAt: run.due_at ?? null,
    rule: run.status === 'waiting' ? (run.waiting?.rule ?? null) : null,
    resource: null,
    progress: run.progress,
    error: run.error,
    outputs: run.outputs,
    reason: run.reason ?? null,
    items: run.items,
    counted: null,
    parts: Object.fromEntries(run.children.filter(isLive).map((child) => [child.execution, child.count])),
    child: run.children[0]?.execution ?? null,
    approval: run.approval,
    reused: run.reused,
  }
}

/** What a wait for others is about. */
function waitsFor({ rule, about }: RunEvent['data']): Partial<NodeRunView> {
  if (!isObject(about)) return {}
  if (rule === 'approval') return { approval: text(about.id) }
  return rule === 'children' ? { items: startItems(about), counted: null, parts: {} } : {}
}

/** Whether a waiting node queues for a place or a turn, and so has not begun. */
const queues = (rule: string | null): boolean => rule === 'slot' || rule === 'rate'

/** Since when an ended node ran; its start after a queue may be too short before its end to be told. */
const begun = (view: NodeRunView, { data, at }: RunEvent): string =>
  view.startedAt ?? (queues(view.rule) ? at : (text(data.started_at) ?? at))

/** One node's view after an event, as the server folds it; a node may go from pending straight to its end. */
export function foldNode(view: NodeRunView, event: RunEvent): NodeRunView {
  const { data, at } = event
  const attempt = count(data.attempt, view.attempt)
  const startedAt = view.startedAt ?? at
  switch (event.kind) {
    case 'node.started':
      return {
        ...view,
        status: 'running',
        attempt,
        startedAt,
        dueAt: null,
        rule: null,
        resource: null,
        progress: null,
      }
    case 'node.progress': {
      const total = typeof data.total === 'number' ? data.total : null
      return { ...view, progress: { done: count(data.done, 0), total } }
    }
    case 'node.retrying':
      return { ...view, status: 'retrying', attempt, error: problem(data.error), dueAt: text(data.due_at) }
    case 'node.waiting':
      return {
        ...view,
        status: 'waiting',
        attempt,
        startedAt: queues(text(data.rule)) ? (attempt > 1 ? view.startedAt : null) : startedAt,
        dueAt: text(data.due_at),
        rule: text(data.rule),
        resource: text(data.resource),
        ...waitsFor(data),
      }
    case 'item.started':
      return { ...view, ...itemStarted(view, data), child: text(data.execution) ?? view.child }
    case 'item.ended':
      return { ...view, ...itemEnded(view, data), counted: null }
    case 'timer.fired':
      return { ...view, dueAt: null }
    case 'node.succeeded': {
      const outputs = (data.outputs ?? {}) as Record<string, ValueSummary>
      return {
        ...view,
        status: 'succeeded',
        attempt,
        startedAt: begun(view, event),
        endedAt: at,
        dueAt: null,
        error: null,
        outputs,
        rows: mainRows(outputs),
        reused: (data.reused ?? null) as Origin | null,
      }
    }
    case 'node.failed': {
      const startedAt = begun(view, event)
      return {
        ...view,
        status: 'failed',
        attempt,
        startedAt,
        endedAt: at,
        dueAt: null,
        error: problem(data.error),
      }
    }
    case 'node.skipped':
      return { ...view, status: 'skipped', endedAt: at, dueAt: null, reason: text(data.reason) }
    case 'node.cancelled':
      return { ...view, status: 'cancelled', attempt, endedAt: at, dueAt: null, reason: text(data.reason) }
    default:
      return view
  }
}

const EXECUTION_STATUS: Readonly<Record<string, ExecutionStatus>> = {
  'execution.created': 'queued',
  'execution.started': 'running',
  'execution.waiting': 'waiting',
  'execution.paused': 'paused',
  'execution.retried': 'queued',
  'execution.succeeded': 'succeeded',
  'execution.failed': 'failed',
  'execution.cancelled': 'cancelled',
  'execution.interrupted': 'interrupted',
}

const ENDED: ReadonlySet<ExecutionStatus> = new Set(['succeeded', 'failed', 'cancelled', 'interrupted'])

export const isEnded = (status: ExecutionStatus): boolean => ENDED.has(status)

/** Nodes that a retry lets run again; their results are forgotten. */
export function retriedNodes(event: RunEvent): string[] {
  return event.kind === 'execution.retried' ? Object.keys((event.data.nodes ?? {}) as object) : []
}

/** The status after an event; what an ended run is asked lets it begin anew, and whatever happens ends a wait. */
function statusAfter(execution: Execution, event: RunEvent): ExecutionStatus {
  const { status } = execution
  const own = EXECUTION_STATUS[event.kind]
  if (own) return own
  if (event.kind === 'execution.resumed') {
    return isEnded(status) || execution.started_at === null ? 'queued' : 'running'
  }
  if (event.kind === 'execution.cancelling' && isEnded(status)) return 'queued'
  return status === 'waiting' ? 'running' : status
}

/** The execution after an event; events of nodes leave it as it is, but that whatever happens ends a wait. */
export function foldExecution(execution: Execution, event: RunEvent): Execution {
  const status = statusAfter(execution, event)
  if (event.node) return status === execution.status ? execution : { ...execution, status, seq: event.seq }
  const after: Execution = {
    ...execution,
    status,
    seq: event.seq,
    ended_at: isEnded(status) ? event.at : null,
  }
  // Only what ended badly has an error.
  after.error = status === 'failed' || status === 'interrupted' ? problem(event.data.error) : null
  switch (event.kind) {
    case 'execution.started':
      // Of this try: a retry starts anew.
      return { ...after, started_at: event.at }
    case 'execution.succeeded':
      return { ...after, outputs: (event.data.outputs as Execution['outputs']) ?? null }
    case 'execution.retried':
      return {
        ...after,
        generation: count(event.data.generation, execution.generation),
        inputs: (event.data.inputs as Execution['inputs'] | null) ?? execution.inputs,
        outputs: null,
      }
    default:
      return after
  }
}

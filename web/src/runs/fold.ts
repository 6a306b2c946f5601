import type {
  Execution,
  ExecutionError,
  ExecutionStatus,
  NodeRun,
  NodeStatus,
  Progress,
  RunEvent,
  ValueSummary,
} from '~/api/types'

/** What the canvas, the timeline and the inspector show of a node in a run. */
export interface NodeRunView {
  status: NodeStatus
  attempt: number
  /** Rows of the main table output, once there is one. */
  rows?: number
  /** Start of the first attempt, as in the server's snapshots. */
  startedAt: string | null
  endedAt: string | null
  /** When the next attempt is due, while retrying. */
  dueAt: string | null
  progress: Progress | null
  error: ExecutionError | null
  outputs: Readonly<Record<string, ValueSummary>>
  /** Why it was skipped or cancelled. */
  reason: string | null
}

export const PENDING: NodeRunView = {
  status: 'pending',
  attempt: 0,
  startedAt: null,
  endedAt: null,
  dueAt: null,
  progress: null,
  error: null,
  outputs: {},
  reason: null,
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const count = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise)
const problem = (value: unknown): ExecutionError | null => (value ? (value as ExecutionError) : null)

/** Rows of the output `out`, or of the only table among the outputs. */
export function mainRows(outputs: Readonly<Record<string, ValueSummary>>): number | undefined {
  if (outputs.out) return outputs.out.kind === 'table' ? outputs.out.rows : undefined
  const tables = Object.values(outputs).filter((value) => value.kind === 'table')
  return tables.length === 1 ? tables[0]?.rows : undefined
}

/** The view of a node in a snapshot. */
export function viewOf(run: NodeRun): NodeRunView {
  return {
    status: run.status,
    attempt: run.attempt,
    rows: mainRows(run.outputs),
    startedAt: run.started_at,
    endedAt: run.ended_at,
    dueAt: run.due_at ?? null,
    progress: run.progress,
    error: run.error,
    outputs: run.outputs,
    reason: null,
  }
}

/** One node's view after an event. A node may go from pending straight to its end (quick attempts). */
export function foldNode(view: NodeRunView, event: RunEvent): NodeRunView {
  const { data, at } = event
  const attempt = count(data.attempt, view.attempt)
  switch (event.kind) {
    case 'node.started':
      return {
        ...view,
        status: 'running',
        attempt,
        startedAt: view.startedAt ?? at,
        endedAt: null,
        dueAt: null,
        progress: null,
        error: null,
      }
    case 'node.progress': {
      const total = typeof data.total === 'number' ? data.total : null
      return { ...view, status: 'running', attempt, progress: { done: count(data.done, 0), total } }
    }
    case 'node.retrying':
      return {
        ...view,
        status: 'retrying',
        attempt,
        progress: null,
        error: problem(data.error),
        dueAt: text(data.due_at),
      }
    case 'node.waiting':
      return {
        ...view,
        status: 'waiting',
        attempt,
        startedAt: view.startedAt ?? at,
        dueAt: text(data.due_at),
      }
    case 'timer.fired':
      return { ...view, dueAt: null }
    case 'node.succeeded': {
      const outputs = (data.outputs ?? {}) as Record<string, ValueSummary>
      return {
        ...view,
        status: 'succeeded',
        attempt,
        startedAt: view.startedAt ?? text(data.started_at) ?? at,
        endedAt: at,
        dueAt: null,
        error: null,
        outputs,
        rows: mainRows(outputs),
      }
    }
    case 'node.failed': {
      const startedAt = view.startedAt ?? text(data.started_at) ?? at
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
      return { ...view, status: 'skipped', endedAt: at, reason: text(data.reason) }
    case 'node.cancelled':
      return { ...view, status: 'cancelled', attempt, endedAt: at, dueAt: null, reason: text(data.reason) }
    default:
      return view
  }
}

const EXECUTION_STATUS: Readonly<Record<string, ExecutionStatus>> = {
  'execution.created': 'queued',
  'execution.started': 'running',
  'execution.resumed': 'running',
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

/** The execution after an event; node events leave it as it is, but that whatever happens ends a wait. */
export function foldExecution(execution: Execution, event: RunEvent): Execution {
  const status = EXECUTION_STATUS[event.kind] ?? (execution.status === 'waiting' ? 'running' : undefined)
  if (!status) return execution
  const retried = event.kind === 'execution.retried'
  return {
    ...execution,
    status,
    seq: event.seq,
    started_at: status === 'running' ? (execution.started_at ?? event.at) : execution.started_at,
    ended_at: isEnded(status) ? event.at : null,
    error: retried || event.kind === 'execution.resumed' ? null : executionError(execution, event),
    generation: retried ? count(event.data.generation, execution.generation) : execution.generation,
    outputs: outputsAfter(execution, event, status),
  }
}

function executionError(execution: Execution, event: RunEvent): ExecutionError | null {
  return event.node ? execution.error : (problem(event.data.error) ?? execution.error)
}

function outputsAfter(execution: Execution, event: RunEvent, status: ExecutionStatus): Execution['outputs'] {
  if (status === 'succeeded') return (event.data.outputs as Execution['outputs']) ?? null
  return event.kind === 'execution.retried' ? null : execution.outputs
}

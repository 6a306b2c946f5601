import type { Execution, RunEvent } from '~/api/types'
import { foldExecution, type NodeRunView, PENDING } from './fold'
import { foldInto, type Views } from './foldViews'

/** So many events lie between two states that are kept, at least. */
const STEP = 500

/**
 * The state of every node of a run after any number of its events.
 *
 * Going on folds the events between; going back begins at the nearest state that was kept, so that a scrubber over a
 * long journal stays within a frame.
 */
export class PastStates {
  private readonly kept: { seq: number; views: Views }[]
  private last: { seq: number; views: Views }

  /** @param ids all nodes of the run, which are pending before its first event. */
  constructor(ids: readonly string[]) {
    const first = { seq: 0, views: new Map<string, NodeRunView>(ids.map((id) => [id, PENDING])) }
    this.kept = [first]
    this.last = first
  }

  /** @param events the journal from seq 1 on, without gaps. */
  at(events: readonly RunEvent[], seq: number): Views {
    const end = Math.min(seq, events.length)
    const before = this.kept.findLast((state) => state.seq <= end) ?? this.kept[0]
    const from = this.last.seq <= end && this.last.seq >= (before?.seq ?? 0) ? this.last : before
    if (!from) return new Map()
    const views = new Map(from.views)
    for (let index = from.seq; index < end; index += 1) {
      const event = events[index]
      if (event) foldInto(views, event)
      const newest = this.kept.at(-1)
      if (newest && index + 1 - newest.seq >= STEP) this.kept.push({ seq: index + 1, views: new Map(views) })
    }
    this.last = { seq: end, views }
    return views
  }
}

/** A run as it was after its event `seq`; its nodes are those of the store beside it. */
export function executionAt(execution: Execution, events: readonly RunEvent[], seq: number): Execution {
  const created: Execution = {
    ...execution,
    status: 'queued',
    seq: 0,
    generation: 1,
    started_at: null,
    ended_at: null,
    error: null,
    reason: null,
    outputs: null,
    waiting: null,
  }
  return events.slice(0, seq).reduce(foldExecution, created)
}

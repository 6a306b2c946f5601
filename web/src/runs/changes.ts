import type { ExecutionSummary, RunEvent } from '~/api/types'

const KEPT = 500

/** The newest known summary of each execution that changed, from the `executions` topic. */
export class ChangeLog {
  private current: ReadonlyMap<string, ExecutionSummary> = new Map()
  private readonly watchers = new Set<() => void>()

  readonly get = (): ReadonlyMap<string, ExecutionSummary> => this.current

  readonly watch = (run: () => void): (() => void) => {
    this.watchers.add(run)
    return () => this.watchers.delete(run)
  }

  record(events: readonly RunEvent[]): void {
    const next = new Map(this.current)
    for (const event of events) {
      const summary = event.data as unknown as ExecutionSummary
      const known = next.get(event.execution)
      // Coalesced by the server, so one may overtake another: the higher seq is the later truth.
      if (known && known.seq > summary.seq) continue
      next.delete(event.execution)
      next.set(event.execution, summary)
    }
    for (const id of next.keys()) {
      if (next.size <= KEPT) break
      next.delete(id)
    }
    this.current = next
    for (const run of this.watchers) run()
  }
}

import { executionKeys, executionQuery } from '~/api/executions'
import { queryClient } from '~/api/queryClient'
import type { Execution, RunEvent } from '~/api/types'
import { stream } from './browserStream'
import { foldExecution, retriedNodes } from './fold'
import { RunStatusStore } from './state'
import type { Subscription } from './stream'

/** What somebody asked for; what becomes of it depends on more than the events of this run. */
const REQUESTED = new Set(['execution.resumed', 'execution.cancelling', 'execution.retried'])

export interface RunView {
  execution: Execution | undefined
  error: Error | null
}

/** A run being followed: one snapshot, then the events after it. Shared by everything that shows this run. */
export class RunFeed {
  readonly store = new RunStatusStore()
  private view: RunView = { execution: undefined, error: null }
  private subscription: Subscription | null = null
  private readonly watchers = new Set<() => void>()
  private loading = 0

  constructor(private readonly id: string) {
    void this.load()
  }

  readonly get = (): RunView => this.view

  readonly watch = (run: () => void): (() => void) => {
    this.watchers.add(run)
    return () => this.watchers.delete(run)
  }

  /** Load the snapshot anew, e.g. after an error. */
  readonly load = async (): Promise<void> => {
    this.loading += 1
    const turn = this.loading
    try {
      const execution = await queryClient.fetchQuery({ ...executionQuery(this.id), staleTime: 0 })
      if (turn !== this.loading) return
      this.forgetOutputs(execution)
      this.store.replace(execution)
      this.set({ execution, error: null })
      this.follow(execution)
    } catch (error) {
      if (turn !== this.loading) return
      this.set({ ...this.view, error: error instanceof Error ? error : new Error(String(error)) })
    }
  }

  close(): void {
    this.loading += 1
    this.subscription?.close()
    this.subscription = null
  }

  private follow(execution: Execution): void {
    if (this.subscription) {
      this.subscription.restart(execution.seq)
    } else {
      // A run that has ended is followed too: a retry may let it go on.
      this.subscription = stream.subscribe(`execution:${this.id}`, execution.seq, {
        events: (events) => this.apply(events),
        resync: () => void this.load(),
      })
    }
  }

  /** Outputs are kept as what never changes; only a retry, seen here or missed, makes others of them. */
  private forgetOutputs(execution: Execution): void {
    if (this.view.execution?.generation === execution.generation) return
    queryClient.removeQueries({ queryKey: executionKeys.outputs(this.id), type: 'inactive' })
  }

  private apply(events: readonly RunEvent[]): void {
    for (const node of events.flatMap(retriedNodes)) {
      queryClient.removeQueries({ queryKey: [...executionKeys.outputs(this.id), node] })
    }
    this.store.apply(events)
    const before = this.view.execution
    if (!before) return
    const after = events.reduce(foldExecution, before)
    if (after === before) return
    queryClient.setQueryData(executionKeys.one(this.id), after)
    this.set({ execution: after, error: null })
    // What a run waits for, and the outputs and totals of its end, are not in the events: one snapshot settles them.
    const asked = events.some((event) => REQUESTED.has(event.kind))
    if (asked || (after.status !== before.status && after.status !== 'running')) void this.load()
  }

  private set(view: RunView): void {
    this.view = view
    for (const run of this.watchers) run()
  }
}

const feeds = new Map<string, { feed: RunFeed; users: number }>()
/** A feed outlives its last user a little, so that going back and forth between pages keeps it. */
const LINGER = 2_000

export function acquireFeed(id: string): RunFeed {
  const entry = feeds.get(id) ?? { feed: new RunFeed(id), users: 0 }
  feeds.set(id, entry)
  entry.users += 1
  return entry.feed
}

export function releaseFeed(id: string): void {
  const entry = feeds.get(id)
  if (!entry) return
  entry.users -= 1
  setTimeout(() => {
    if (entry.users > 0 || feeds.get(id) !== entry) return
    entry.feed.close()
    feeds.delete(id)
  }, LINGER)
}

/** The feed to read from while rendering, before the effect that acquires it has run. */
export function peekFeed(id: string): RunFeed {
  const entry = feeds.get(id) ?? { feed: new RunFeed(id), users: 0 }
  feeds.set(id, entry)
  return entry.feed
}

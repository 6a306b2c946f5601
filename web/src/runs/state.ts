import type { Execution, ItemCounts, RunEvent } from '~/api/types'
import { sameJson } from '~/model/json'

export type { NodeRunView, NodeViewStatus } from './fold'

import { type NodeRunView, viewOf } from './fold'
import { foldInto, interrupt, type Views } from './foldViews'

const DONE: ReadonlySet<string> = new Set(['succeeded', 'failed', 'skipped', 'cancelled'])

/**
 * Live status of every node of one run, outside React.
 *
 * A canvas node subscribes to its own id, so an update renders one node; the zoomed-out canvas layer and the
 * timeline subscribe to all and are told once a batch.
 */
export class RunStatusStore {
  private views: Views = new Map()
  private readonly perNode = new Map<string, Set<() => void>>()
  private readonly all = new Set<() => void>()
  private batches = 0
  private counted = { batch: -1, text: '' }

  get(nodeId: string): NodeRunView | undefined {
    return this.views.get(nodeId)
  }

  /** Node ids known to the run, in the order of the snapshot. */
  ids(): string[] {
    return [...this.views.keys()]
  }

  entries(): [string, NodeRunView][] {
    return [...this.views]
  }

  /** Grows with every batch; the snapshot value for `useSyncExternalStore` over everything. */
  readonly version = (): number => this.batches

  subscribe(nodeId: string, run: () => void): () => void {
    const watchers = this.perNode.get(nodeId) ?? new Set()
    this.perNode.set(nodeId, watchers)
    watchers.add(run)
    return () => {
      watchers.delete(run)
      if (watchers.size === 0) this.perNode.delete(nodeId)
    }
  }

  readonly subscribeAll = (run: () => void): (() => void) => {
    this.all.add(run)
    return () => this.all.delete(run)
  }

  /** Take a snapshot of the server as the truth. */
  replace(execution: Pick<Execution, 'nodes'> & { status?: Execution['status'] }): void {
    const before = this.views
    this.views = new Map(Object.entries(execution.nodes).map(([id, run]) => [id, viewOf(run)]))
    if (execution.status === 'interrupted') interrupt(this.views)
    this.notify(new Set([...before.keys(), ...this.views.keys()]))
  }

  /** Show the state at another moment; only nodes that look different are told. */
  show(views: Views): void {
    const touched = new Set([...views].flatMap(([id, view]) => (this.views.get(id) === view ? [] : [id])))
    for (const id of this.views.keys()) if (!views.has(id)) touched.add(id)
    this.views = new Map(views)
    if (touched.size > 0) this.notify(touched)
  }

  /** How many nodes are done, and how many there are. Counted once a batch. */
  readonly progress = (): string => {
    if (this.counted.batch !== this.batches) {
      const done = [...this.views.values()].filter(({ status }) => DONE.has(status)).length
      this.counted = { batch: this.batches, text: `${done}/${this.views.size}` }
    }
    return this.counted.text
  }

  /** Fold a batch; each touched node is told once. */
  apply(events: readonly RunEvent[]): void {
    const touched = new Set<string>()
    for (const event of events) for (const id of foldInto(this.views, event)) touched.add(id)
    if (touched.size > 0) this.notify(touched)
  }

  /** A loop's items as counted within its parts; a count that is older than what an event told is left. */
  setItems(id: string, counted: ItemCounts): void {
    const view = this.views.get(id)
    if (view?.status !== 'waiting' || counted.done < (view.items?.done ?? 0)) return
    if (sameJson(view.counted, counted)) return
    this.views.set(id, { ...view, counted })
    this.notify(new Set([id]))
  }

  private notify(touched: ReadonlySet<string>): void {
    this.batches += 1
    for (const id of touched) for (const run of this.perNode.get(id) ?? []) run()
    for (const run of this.all) run()
  }
}

import type { Execution, ItemCounts, RunEvent } from '~/api/types'
import { sameJson } from '~/model/json'

export type { NodeRunView, NodeViewStatus } from './fold'

import { foldNode, type NodeRunView, PENDING, retriedNodes, viewOf } from './fold'

/**
 * Live status of every node of one run, outside React.
 *
 * A canvas node subscribes to its own id, so an update renders one node; the zoomed-out canvas layer and the
 * timeline subscribe to all and are told once a batch.
 */
export class RunStatusStore {
  private views = new Map<string, NodeRunView>()
  private readonly perNode = new Map<string, Set<() => void>>()
  private readonly all = new Set<() => void>()
  private batches = 0

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
    if (execution.status === 'interrupted') this.interrupt()
    this.notify(new Set([...before.keys(), ...this.views.keys()]))
  }

  /** Fold a batch; each touched node is told once. */
  apply(events: readonly RunEvent[]): void {
    const touched = new Set<string>()
    for (const event of events) {
      for (const id of retriedNodes(event)) {
        this.views.set(id, { ...PENDING, attempt: this.views.get(id)?.attempt ?? 0 })
        touched.add(id)
      }
      if (event.kind === 'execution.interrupted') for (const id of this.interrupt()) touched.add(id)
      if (!event.node) continue
      const before = this.views.get(event.node) ?? PENDING
      const after = foldNode(before, event)
      if (after === before) continue
      this.views.set(event.node, after)
      touched.add(event.node)
    }
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

  /** No event tells of an attempt that was cut off: the run's own end does. */
  private interrupt(): string[] {
    const lost = [...this.views].filter(([, view]) => view.status === 'running')
    for (const [id, view] of lost) this.views.set(id, { ...view, status: 'interrupted' })
    return lost.map(([id]) => id)
  }

  private notify(touched: ReadonlySet<string>): void {
    this.batches += 1
    for (const id of touched) for (const run of this.perNode.get(id) ?? []) run()
    for (const run of this.all) run()
  }
}

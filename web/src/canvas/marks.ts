import { createContext, useContext, useMemo, useSyncExternalStore } from 'react'
import type { Stale } from '~/model/staleness'

/** What would become of a node if the run that is asked about were started. */
export type Fate = 'run' | 'write' | 'reuse' | 'pin' | 'skip' | 'missing'

/** What stands at the lower edge of a card. */
export interface NodeMark {
  fate: Fate | null
  /** The plan's own words. */
  why: string | null
  /** When the output was made that stands for a run of the node, or would. */
  at: string | null
  /** Something is pinned for it. */
  pinned: boolean
  stale: Stale | null
  /** For a container: how many nodes of its body are pinned. */
  inside: number
}

/** Somebody else who has chosen the node. */
export interface Visitor {
  client: string
  name: string
}

/** How a node or wire differs from another version. */
export interface ShownChange {
  kind: 'added' | 'removed' | 'changed' | 'moved' | 'inside'
  /** For the hover text: field, what it was and what it is. */
  told: readonly string[]
}

/** Things by place (`container/node` in bodies), outside the document and outside React. */
export class PlaceStore<T> {
  private things: ReadonlyMap<string, T> = new Map()
  private readonly watchers = new Set<() => void>()

  get(place: string): T | undefined {
    return this.things.get(place)
  }

  set(things: ReadonlyMap<string, T>): void {
    if (things.size === 0 && this.things.size === 0) return
    this.things = things
    for (const run of this.watchers) run()
  }

  readonly subscribe = (run: () => void): (() => void) => {
    this.watchers.add(run)
    return () => this.watchers.delete(run)
  }
}

export interface Overlays {
  marks: PlaceStore<NodeMark>
  visitors: PlaceStore<readonly Visitor[]>
  changes: PlaceStore<ShownChange>
}

export const createOverlays = (): Overlays => ({
  marks: new PlaceStore(),
  visitors: new PlaceStore(),
  changes: new PlaceStore(),
})

/** What is drawn over the graph; `prefix` is what its places begin with. */
export const OverlayContext = createContext<{ over: Overlays; prefix: string } | null>(null)

const noWatch = () => () => undefined

function useOverlay<K extends keyof Overlays>(kind: K, id: string): ReturnType<Overlays[K]['get']> {
  const context = useContext(OverlayContext)
  const get = useMemo(() => () => context?.over[kind].get(context.prefix + id), [context, kind, id])
  return useSyncExternalStore(context?.over[kind].subscribe ?? noWatch, get) as ReturnType<Overlays[K]['get']>
}

export const useMark = (id: string): NodeMark | undefined => useOverlay('marks', id)
export const useVisitors = (id: string): readonly Visitor[] | undefined => useOverlay('visitors', id)
/** Of a node by its id, of a wire by its text. */
export const useChange = (id: string): ShownChange | undefined => useOverlay('changes', id)

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

/** Marks by place (`container/node` in bodies), outside the document and outside React. */
export class MarkStore {
  private marks: ReadonlyMap<string, NodeMark> = new Map()
  private readonly watchers = new Set<() => void>()

  get(place: string): NodeMark | undefined {
    return this.marks.get(place)
  }

  set(marks: ReadonlyMap<string, NodeMark>): void {
    this.marks = marks
    for (const run of this.watchers) run()
  }

  readonly subscribe = (run: () => void): (() => void) => {
    this.watchers.add(run)
    return () => this.watchers.delete(run)
  }
}

/** The marks of the graph that is drawn; `prefix` is what its places begin with. */
export const MarksContext = createContext<{ store: MarkStore; prefix: string } | null>(null)

const noWatch = () => () => undefined

export function useMark(id: string): NodeMark | undefined {
  const marks = useContext(MarksContext)
  const get = useMemo(() => () => marks?.store.get(marks.prefix + id), [marks, id])
  return useSyncExternalStore(marks?.store.subscribe ?? noWatch, get)
}

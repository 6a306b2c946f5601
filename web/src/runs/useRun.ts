import { useEffect, useMemo, useSyncExternalStore } from 'react'
import type { Execution } from '~/api/types'
import { stream } from './browserStream'
import { acquireFeed, peekFeed, type RunView, releaseFeed } from './feed'
import type { NodeRunView } from './fold'
import type { RunStatusStore } from './state'
import type { ConnectionState } from './stream'
import { useLiveItems } from './useLiveItems'

export interface FollowedRun {
  execution: Execution | undefined
  /** Status per node, for the canvas; null without an execution id. */
  store: RunStatusStore | null
  connection: ConnectionState
  error: Error | null
  reload: () => void
}

const NOTHING: RunView = { execution: undefined, error: null }
const noWatch = () => () => undefined
const noReload = () => undefined

export const useConnection = (): ConnectionState => useSyncExternalStore(stream.watch, stream.connection)

/** Follow a run live: its snapshot, then its events, until it ends. */
export function useRun(executionId: string | null | undefined): FollowedRun {
  const connection = useConnection()
  const feed = useMemo(() => (executionId ? peekFeed(executionId) : null), [executionId])
  useEffect(() => {
    if (!executionId) return
    acquireFeed(executionId)
    return () => releaseFeed(executionId)
  }, [executionId])
  const view = useSyncExternalStore(feed?.watch ?? noWatch, feed?.get ?? (() => NOTHING))
  useLiveItems(view.execution, feed?.store ?? null)
  return { ...view, store: feed?.store ?? null, connection, reload: feed?.load ?? noReload }
}

/** One node's live view; renders only when that node changes. */
export function useNodeRun(store: RunStatusStore | null, nodeId: string | null): NodeRunView | undefined {
  const watch = useMemo(
    () => (run: () => void) => (store && nodeId ? store.subscribe(nodeId, run) : () => undefined),
    [store, nodeId],
  )
  return useSyncExternalStore(watch, () => (store && nodeId ? store.get(nodeId) : undefined))
}

/** Told at most every so many ms: what shows all nodes at once need not keep up with every frame. */
const CALM = 200

function watchCalmly(store: RunStatusStore): (run: () => void) => () => void {
  return (run) => {
    let timer: ReturnType<typeof setTimeout> | null = null
    const stop = store.subscribeAll(() => {
      timer ??= setTimeout(() => {
        timer = null
        run()
      }, CALM)
    })
    return () => {
      stop()
      if (timer !== null) clearTimeout(timer)
    }
  }
}

/** All nodes of the run, e.g. for the timeline; renders a few times a second at most. */
export function useAllNodeRuns(store: RunStatusStore | null): [string, NodeRunView][] {
  const watch = useMemo(() => (store ? watchCalmly(store) : noWatch), [store])
  const version = useSyncExternalStore(watch, store?.version ?? (() => 0))
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for the content of the store.
  return useMemo(() => store?.entries() ?? [], [store, version])
}

/** How many nodes of the run are done, and how many there are; renders only when that changes. */
export function useProgress(store: RunStatusStore): { done: number; all: number } {
  const [done = 0, all = 0] = useSyncExternalStore(store.subscribeAll, store.progress).split('/').map(Number)
  return { done, all }
}

import { useMemo } from 'react'
import type { Execution } from '~/api/types'
import type { RunStatusStore } from '~/runs/state'
import { useItem } from '~/runs/useItem'
import type { FollowedRun } from '~/runs/useRun'
import { useEditor } from '../store'

export interface ShownData {
  /** What has the nodes: the run, or the part of it with the item's nodes. */
  execution: Execution | undefined
  store: RunStatusStore | null
  /** Ids of nodes in it, by their names in the document. */
  idOf(name: string): string
  /** How many items the loop around has; null outside of one. */
  total: number | null
}

const itself = (name: string) => name

/** The data of the shown run for the open graph: within a body that of one item. */
export function useShownData(run: FollowedRun, index: number): ShownData {
  const path = useEditor((state) => state.path)
  const place = useMemo(
    () => path.map((node, depth) => ({ node, index: depth === path.length - 1 ? index : 0 })),
    [path, index],
  )
  const item = useItem(run.execution ?? NO_RUN, run.execution ? place : NOWHERE)
  return useMemo(() => {
    if (!run.execution || path.length === 0) {
      return {
        execution: run.execution,
        store: path.length === 0 ? run.store : null,
        idOf: itself,
        total: null,
      }
    }
    const shown = item?.execution
    const has = item !== null && shown !== undefined && Object.keys(shown.nodes).length > 0
    return {
      execution: has ? shown : undefined,
      store: has ? item.store : null,
      idOf: (name: string) => shown?.nodes[name]?.node ?? name,
      total: item?.total ?? null,
    }
  }, [run.execution, run.store, path, item])
}

const NOWHERE: [] = []
/** Nobody asks for the items of it. */
const NO_RUN = { id: '', status: 'succeeded', nodes: {} } as unknown as Execution

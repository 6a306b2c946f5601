import { useQueries } from '@tanstack/react-query'
import { useEffect } from 'react'
import { itemsQuery } from '~/api/items'
import type { Execution, ItemPage } from '~/api/types'
import { isEnded } from './fold'
import { isOnce } from './items'
import type { RunStatusStore } from './state'
import { useAllNodeRuns } from './useRun'

const first = (results: { data?: ItemPage }[]) => results.map((result) => result.data?.counts)

/** The run is told of items by the hundred; while its loops go on they are counted within their parts too. */
export function useLiveItems(execution: Execution | undefined, store: RunStatusStore | null): void {
  const entries = useAllNodeRuns(store)
  const live = execution !== undefined && !isEnded(execution.status)
  const loops = live
    ? entries
        .filter(
          ([, { status, items }]) => status === 'waiting' && items && items.kind !== 'call' && !isOnce(items),
        )
        .map(([id]) => id)
    : []
  const counts = useQueries({
    queries: loops.map((node) =>
      itemsQuery({ execution: execution?.id ?? '', node, path: '', offset: 0, limit: 1, live: true }),
    ),
    combine: first,
  })
  useEffect(() => {
    loops.forEach((id, index) => {
      const found = counts[index]
      if (found) store?.setItems(id, found)
    })
  })
}

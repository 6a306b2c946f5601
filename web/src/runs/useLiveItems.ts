import { useQueries } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { itemsQuery } from '~/api/items'
import type { Execution, ItemPage } from '~/api/types'
import { isEnded } from './fold'
import { isOnce } from './items'
import type { RunStatusStore } from './state'

const SEPARATOR = '\n'
const noWatch = () => () => undefined
const first = (results: { data?: ItemPage }[]) => results.map((result) => result.data?.counts)

/** The run is told of items by the hundred; while its loops go on they are counted within their parts too. */
export function useLiveItems(execution: Execution | undefined, store: RunStatusStore | null): void {
  // One string, so that of all the batches of a run only those render that open or end a loop.
  const open = useSyncExternalStore(store?.subscribeAll ?? noWatch, () => openLoops(store))
  const live = execution !== undefined && !isEnded(execution.status)
  const loops = live && open !== '' ? open.split(SEPARATOR) : []
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

function openLoops(store: RunStatusStore | null): string {
  const found = store?.entries().filter(([, { status, items }]) => {
    return status === 'waiting' && items && items.kind !== 'call' && !isOnce(items)
  })
  return found?.map(([id]) => id).join(SEPARATOR) ?? ''
}

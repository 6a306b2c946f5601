import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { itemsQuery } from '~/api/items'
import type { Execution } from '~/api/types'
import { isEnded } from './fold'
import { addressOf, type ItemPlace } from './itemPlace'
import { RunStatusStore } from './state'

export interface ShownItem {
  /** As if the item's nodes were a run: id of the part that has them, nodes by their names in the body. */
  execution: Execution
  store: RunStatusStore
  total: number
  error: Error | null
  reload: () => void
}

/** One item of a loop, as a run of its own; null for the run itself. */
export function useItem(execution: Execution, place: ItemPlace): ShownItem | null {
  const last = place.at(-1)
  const { node, path } = addressOf(place.slice(0, -1), last?.node ?? '')
  const live = !isEnded(execution.status)
  const query = useQuery({
    ...itemsQuery({ execution: execution.id, node, path, offset: last?.index ?? 0, limit: 1, live }),
    enabled: last !== undefined,
  })
  const key = `${execution.id} ${node} ${path} ${last?.index}`
  // biome-ignore lint/correctness/useExhaustiveDependencies: another item, another store.
  const store = useMemo(() => new RunStatusStore(), [key])
  const item = query.data?.items[0]
  useEffect(() => store.replace({ nodes: item?.nodes ?? {} }), [store, item])
  return useMemo(() => {
    if (last === undefined) return null
    return {
      execution: { ...execution, id: item?.execution ?? execution.id, nodes: item?.nodes ?? {}, error: null },
      store,
      total: query.data?.counts.total ?? last.index + 1,
      error: query.error,
      reload: () => void query.refetch(),
    }
  }, [execution, last, item, store, query.data, query.error, query.refetch])
}

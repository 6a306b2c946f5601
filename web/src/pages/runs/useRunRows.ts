import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { executionKeys, executionsQuery } from '~/api/executions'
import type { ExecutionSummary } from '~/api/types'
import type { RunsSearch } from '~/pages/search'
import { changes } from '~/runs/useLiveLists'

/** The pages with live changes laid over them, and how many matching runs are newer than the first page. */
export function mergeRows(
  loaded: readonly ExecutionSummary[],
  changed: ReadonlyMap<string, ExecutionSummary>,
  filter: RunsSearch,
): { rows: ExecutionSummary[]; fresh: number } {
  const known = new Set(loaded.map((run) => run.id))
  const rows = loaded.map((run) => {
    const newer = changed.get(run.id)
    return newer && newer.seq >= run.seq ? newer : run
  })
  const newest = loaded[0]?.created_at ?? ''
  let fresh = 0
  for (const run of changed.values()) {
    const wanted =
      (!filter.workflow || run.workflow === filter.workflow) &&
      (!filter.status || run.status === filter.status) &&
      (!filter.backfill || run.trigger.backfill === filter.backfill) &&
      (filter.called === undefined || (run.parent !== null) === filter.called)
    if (wanted && !known.has(run.id) && run.created_at >= newest) fresh += 1
  }
  return { rows, fresh }
}

export function useRunRows(filter: RunsSearch) {
  const client = useQueryClient()
  const query = useInfiniteQuery(executionsQuery(filter))
  const changed = useSyncExternalStore(changes.watch, changes.get)
  const merged = useMemo(
    () => mergeRows(query.data?.pages.flatMap((page) => page.items) ?? [], changed, filter),
    [query.data, changed, filter],
  )
  // From the first page anew: keyset pages after it would otherwise repeat rows.
  const showFresh = useCallback(
    () => void client.resetQueries({ queryKey: executionKeys.list(filter) }),
    [client, filter],
  )
  return { query, ...merged, showFresh }
}

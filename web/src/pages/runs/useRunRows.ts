import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react'
import { executionKeys, executionsQuery } from '~/api/executions'
import type { ExecutionSummary } from '~/api/types'
import { words } from '~/i18n'
import { changes } from '~/runs/useLiveLists'
import { filterOf, letsThrough, type RunsSearch } from './filter'

/** The first page is small, to be there at once; whoever scrolls gets large ones. */
const FIRST_PAGE = 100
const LATER_PAGE = 500

type Changed = ReadonlyMap<string, ExecutionSummary>

/** Whether a run is among the loaded ones: newest first, which is in order of their ids. */
export function isLoaded(loaded: readonly ExecutionSummary[], id: string): boolean {
  let low = 0
  let high = loaded.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const at = loaded[middle]?.id ?? ''
    if (at === id) return true
    if (at > id) low = middle + 1
    else high = middle - 1
  }
  return false
}

/** How many runs belong among the loaded ones and are not there yet; those older than the last one come with the next page. */
export function freshRuns(
  loaded: readonly ExecutionSummary[],
  changed: Changed,
  search: RunsSearch,
  now: number,
): number {
  const oldest = loaded.at(-1)?.id ?? ''
  let fresh = 0
  for (const run of changed.values()) {
    if (run.id > oldest && !isLoaded(loaded, run.id) && letsThrough(search, run, now)) fresh += 1
  }
  return fresh
}

/** The newer state of a run, where one is known. */
export function newest(run: ExecutionSummary, changed: Changed): ExecutionSummary {
  const newer = changed.get(run.id)
  return newer && newer.seq >= run.seq ? newer : run
}

/** The pages of a filter, with what changes live beside them: rows follow their run where they are. */
export function useRunRows(search: RunsSearch) {
  const client = useQueryClient()
  const filter = useMemo(() => filterOf(search), [search])
  const options = useMemo(() => executionsQuery(filter, FIRST_PAGE, LATER_PAGE), [filter])
  const query = useInfiniteQuery(options)
  const changed = useSyncExternalStore(changes.watch, changes.get)
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data])
  const fresh = useMemo(() => freshRuns(rows, changed, search, Date.now()), [rows, changed, search])
  const latest = useCallback((run: ExecutionSummary) => newest(run, changed), [changed])
  const gone = useCallback(
    (run: ExecutionSummary) =>
      letsThrough(search, run, Date.now()) ? undefined : words.history.list.noLongerMatches,
    [search],
  )
  // From the first page anew: keyset pages after it would otherwise repeat rows.
  const showFresh = useCallback(
    () => void client.resetQueries({ queryKey: executionKeys.list(filter) }),
    [client, filter],
  )
  const { hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = query
  const searchedUntil = (hasNextPage && query.data?.pages.at(-1)?.scanned_until) || null
  const goOn = useCallback(() => void fetchNextPage(), [fetchNextPage])
  const ahead = hasNextPage && !isFetching && !isFetchNextPageError && searchedUntil === null
  const fetchAhead = useCallback(() => {
    if (ahead) goOn()
  }, [ahead, goOn])

  // Whoever comes back starts at the top again: the other pages would all be fetched anew.
  useEffect(
    () => () => {
      client.setQueryData<InfiniteData<unknown>>(options.queryKey, (data) =>
        data && data.pages.length > 1
          ? { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) }
          : data,
      )
    },
    [client, options],
  )
  return { query, rows, fresh, latest, gone, showFresh, searchedUntil, goOn, fetchAhead }
}

import { Button } from '@mantine/core'
import { IconArrowUp } from '@tabler/icons-react'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { ExecutionSummary } from '~/api/types'
import { RunsHistogram } from '~/history/RunsHistogram'
import { useLiveHistory } from '~/history/useLiveHistory'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatAbsolute, shortId } from '~/ui/format'
import { ListOptions } from '~/ui/ListOptions'
import { ListTable } from '~/ui/ListTable'
import { LoadMore } from '~/ui/LoadMore'
import { Page } from '~/ui/Page'
import { PagePending } from '~/ui/PagePending'
import { NOTHING } from '~/ui/selection'
import { useListLayout } from '~/ui/useListLayout'
import { useSlow } from '~/ui/useSlow'
import { BulkActions } from './runs/BulkActions'
import { RUN_COLUMNS } from './runs/columns'
import { type RunsSearch, statusesOf } from './runs/filter'
import { NoRuns } from './runs/NoRuns'
import { RunFilters } from './runs/RunFilters'
import classes from './runs/RunsPage.module.css'
import { useRunRows } from './runs/useRunRows'
import { Views } from './runs/Views'

const t = words.runs
const more = words.history
const route = getRouteApi('/runs')
const keyOf = (run: ExecutionSummary): string => run.id

/** Every run, newest first; rows follow their run live, new ones wait behind a pill. */
export function RunsPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const list = useRef<HTMLDivElement>(null)
  const { query, rows, fresh, latest, gone, showFresh, searchedUntil, goOn, fetchAhead } = useRunRows(search)
  const layout = useListLayout('runs', RUN_COLUMNS)
  const [selection, setSelection] = useState(NOTHING)
  const slow = useSlow(query.isPending)
  useLiveHistory()

  const change = useCallback(
    (next: RunsSearch) => {
      setSelection(NOTHING)
      void navigate({ search: next, replace: true })
    },
    [navigate],
  )
  // Nothing is on screen that could jump, so the first runs show themselves.
  const empty = query.isSuccess && rows.length === 0 && fresh > 0
  useEffect(() => {
    if (empty) showFresh()
  }, [empty, showFresh])
  const reveal = () => {
    showFresh()
    list.current?.scrollTo({ top: 0 })
  }
  const ids = useMemo(() => [...selection.ids], [selection])
  const until = searchedUntil && formatAbsolute(searchedUntil)

  return (
    <Page
      title={t.title}
      about={t.about}
      actions={
        <>
          <BulkActions search={search} ids={ids} onClear={() => setSelection(NOTHING)} />
          <Views search={search} onChange={change} />
          <ListOptions layout={layout} />
        </>
      }
      toolbar={<RunFilters search={search} onChange={change} />}
    >
      <div className={classes.content}>
        <Picture search={search} onChange={change} />
        <div className={classes.list}>
          {query.error && !query.isFetchNextPageError ? (
            <ErrorNote title={t.loadFailed} error={query.error} onRetry={() => void query.refetch()} />
          ) : null}
          {slow ? <PagePending /> : null}
          {query.isSuccess && rows.length === 0 && fresh === 0 ? (
            <NoRuns
              search={search}
              searchedUntil={until}
              searching={query.isFetchingNextPage}
              onGoOn={goOn}
              onClear={() => change({})}
            />
          ) : null}
          {fresh > 0 && rows.length > 0 ? (
            <Button
              className={classes.pill}
              radius="xl"
              size="compact-sm"
              leftSection={<IconArrowUp size={14} aria-hidden />}
              onClick={reveal}
            >
              {t.newRuns(fresh)}
            </Button>
          ) : null}
          {rows.length > 0 ? (
            <ListTable
              label={t.title}
              columns={layout.columns}
              density={layout.density}
              rows={rows}
              rowKey={keyOf}
              latest={latest}
              gone={gone}
              onOpen={(run) => void navigate({ to: '/runs/$id', params: { id: run.id } })}
              selection={{
                value: selection,
                onChange: setSelection,
                label: (run) => more.list.tick(shortId(run.id)),
                allLabel: more.list.tickAll,
              }}
              onNearEnd={fetchAhead}
              scrollRef={list}
              footer={
                <LoadMore
                  label={until ? more.list.goOn : t.loadMore}
                  more={query.hasNextPage}
                  loading={query.isFetchingNextPage}
                  onMore={goOn}
                  end={t.end(rows.length)}
                  pause={until && more.list.searchedUntil(until)}
                  error={
                    query.isFetchNextPageError ? { title: more.list.nextFailed, cause: query.error } : null
                  }
                />
              }
            />
          ) : null}
        </div>
      </div>
    </Page>
  )
}

/** The runs of the chosen time, or of the last day; the counts know fewer filters than the list. */
function Picture({ search, onChange }: { search: RunsSearch; onChange: (search: RunsSearch) => void }) {
  const { last, since, until, workflow } = search
  const range = useMemo(() => ({ last, since, until }), [last, since, until])
  const statuses = useMemo(() => statusesOf({ status: search.status }), [search.status])
  const others = [
    search.trigger,
    search.version,
    search.error,
    search.min,
    search.max,
    search.backfill,
    search.called,
  ]
  return (
    <RunsHistogram
      range={last || since || until ? range : DAY}
      workflow={workflow}
      statuses={statuses}
      note={others.some((value) => value !== undefined) ? more.chart.notAll : null}
      onRange={(chosen) => onChange({ ...search, last: undefined, ...chosen })}
    />
  )
}

const DAY = { last: '24h' } as const

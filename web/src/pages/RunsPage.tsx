import { Button } from '@mantine/core'
import { IconArrowUp } from '@tabler/icons-react'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import type { ExecutionSummary } from '~/api/types'
import { words } from '~/i18n'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { LinkButton } from '~/ui/LinkButton'
import { ListTable } from '~/ui/ListTable'
import { LoadMore } from '~/ui/LoadMore'
import { Page } from '~/ui/Page'
import { PagePending } from '~/ui/PagePending'
import { useSlow } from '~/ui/useSlow'
import { BulkActions } from './runs/BulkActions'
import { RUN_COLUMNS } from './runs/columns'
import { isFiltered, RunFilters } from './runs/RunFilters'
import classes from './runs/RunsPage.module.css'
import { RunsPicture } from './runs/RunsPicture'
import { useRunRows } from './runs/useRunRows'

const t = words.runs
const route = getRouteApi('/runs')

/** Every run, newest first; rows follow their run live, new ones wait behind a pill. */
export function RunsPage() {
  const filter = route.useSearch()
  const navigate = route.useNavigate()
  const list = useRef<HTMLDivElement>(null)
  const { query, rows, fresh, showFresh } = useRunRows(filter)
  const slow = useSlow(query.isPending)
  const filtered = isFiltered(filter)
  // Nothing is on screen that could jump, so the first runs show themselves.
  const empty = query.isSuccess && rows.length === 0 && fresh > 0
  useEffect(() => {
    if (empty) showFresh()
  }, [empty, showFresh])
  const open = (run: ExecutionSummary) => void navigate({ to: '/runs/$id', params: { id: run.id } })
  const reveal = () => {
    showFresh()
    list.current?.scrollTo({ top: 0 })
  }

  return (
    <Page
      title={t.title}
      about={t.about}
      actions={<BulkActions filter={filter} />}
      toolbar={<RunFilters filter={filter} onChange={(search) => void navigate({ search, replace: true })} />}
    >
      {query.error ? (
        <ErrorNote title={t.loadFailed} error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
      {slow ? <PagePending /> : null}
      {query.isSuccess && rows.length === 0 && fresh === 0 ? (
        filtered ? (
          <EmptyState title={t.nothingMatches}>
            <Button variant="default" onClick={() => void navigate({ search: {}, replace: true })}>
              {t.clearFilters}
            </Button>
          </EmptyState>
        ) : (
          <EmptyState title={t.emptyTitle} text={t.emptyText} picture={<RunsPicture />}>
            <LinkButton to="/workflows">{t.emptyButton}</LinkButton>
          </EmptyState>
        )
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
          columns={RUN_COLUMNS}
          rows={rows}
          rowKey={(run) => run.id}
          onOpen={open}
          scrollRef={list}
          footer={
            <LoadMore
              label={t.loadMore}
              more={query.hasNextPage}
              loading={query.isFetchingNextPage}
              onMore={() => void query.fetchNextPage()}
              end={t.end(rows.length)}
            />
          }
        />
      ) : null}
    </Page>
  )
}

import { Button, Group, Progress } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type BackfillRequest, backfillsQuery, useSteerBackfill } from '~/api/triggers'
import type { Backfill } from '~/api/types'
import { words } from '~/i18n'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatWall } from '~/ui/format'
import { type ListColumn, ListTable } from '~/ui/ListTable'
import { LoadMore } from '~/ui/LoadMore'
import { StatusBadge } from '~/ui/StatusBadge'
import type { Status } from '~/ui/tokens'
import classes from './triggers.module.css'

const t = words.triggers

const STATES: Readonly<Record<Backfill['status'], Status>> = {
  running: 'running',
  paused: 'paused',
  cancelled: 'cancelled',
  finished: 'succeeded',
}
const POSSIBLE: Readonly<Record<Backfill['status'], readonly BackfillRequest[]>> = {
  running: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  cancelled: [],
  finished: [],
}

const rangeOf = (item: Backfill): string =>
  `${formatWall(item.from, item.timezone)} – ${formatWall(item.to, item.timezone)} ${item.timezone}`

const COLUMNS: readonly ListColumn<Backfill>[] = [
  {
    key: 'state',
    head: t.state,
    width: 120,
    narrow: 116,
    cell: (item) => <StatusBadge status={STATES[item.status]} label={t.states[item.status]} />,
  },
  {
    key: 'trigger',
    head: t.name,
    width: 250,
    narrow: 190,
    cell: (item) => (
      <Link
        to="/runs"
        search={{ backfill: item.id }}
        title={t.showRuns(`${item.workflow} · ${item.trigger}`)}
        data-main
      >
        {item.workflow} · {item.trigger}
      </Link>
    ),
  },
  {
    key: 'range',
    head: t.range,
    cell: (item) => (
      <span className={classes.muted} title={rangeOf(item)}>
        {rangeOf(item)}
      </span>
    ),
  },
  { key: 'progress', head: t.progress, width: 260, narrow: 252, cell: (item) => <Share item={item} /> },
  {
    key: 'by',
    head: t.by,
    width: 80,
    narrow: 60,
    cell: (item) => <span className={classes.muted}>{item.created_by}</span>,
  },
  {
    key: 'actions',
    head: t.steer.pause,
    hideHead: true,
    width: 160,
    narrow: 152,
    align: 'right',
    cell: (item) => <Steer item={item} />,
  },
]

function Share({ item }: { item: Backfill }) {
  const done = item.succeeded + item.failed + item.refused
  const bad = item.failed + item.refused
  const share = (part: number) => (100 * part) / Math.max(1, item.total)
  return (
    <span className={classes.share} title={item.error ?? undefined}>
      <Progress.Root size={6} className={classes.bar} aria-label={t.progress}>
        <Progress.Section value={share(item.succeeded)} color="green" />
        <Progress.Section value={share(bad)} color="red" />
      </Progress.Root>
      {t.done(done, item.total)}
      {item.failed > 0 ? (
        <Link
          className={classes.bad}
          to="/runs"
          search={{ backfill: item.id, status: 'failed' }}
          title={t.showFailed}
        >
          {t.failures(item.failed)}
        </Link>
      ) : null}
      {item.refused > 0 ? <span className={classes.bad}>{t.refusals(item.refused)}</span> : null}
      {bad === 0 && item.error ? <span className={classes.bad}>{item.error}</span> : null}
    </span>
  )
}

function Steer({ item }: { item: Backfill }) {
  const steer = useSteerBackfill()
  const ask = (request: BackfillRequest) =>
    steer.mutate(
      { id: item.id, request },
      {
        onError: (error) =>
          notifications.show({
            color: 'red',
            title: t.steerFailed,
            message: error.message,
            autoClose: false,
          }),
      },
    )
  return (
    <Group gap={6} justify="flex-end" wrap="nowrap">
      {POSSIBLE[item.status].map((request) => (
        <Button
          key={request}
          size="compact-xs"
          variant="default"
          disabled={steer.isPending}
          onClick={() => ask(request)}
        >
          {t.steer[request]}
        </Button>
      ))}
    </Group>
  )
}

/** Backfills, newest first, with their progress. */
export function BackfillTable() {
  const query = useInfiniteQuery(backfillsQuery())
  const rows = query.data?.pages.flatMap((page) => page.items) ?? []
  if (query.error)
    return <ErrorNote title={t.backfillsFailed} error={query.error} onRetry={() => void query.refetch()} />
  if (query.isSuccess && rows.length === 0) return <EmptyState title={t.backfills} text={t.noBackfills} />
  return (
    <ListTable
      label={t.backfills}
      columns={COLUMNS}
      rows={rows}
      rowKey={(item) => item.id}
      footer={
        <LoadMore
          label={words.approvals.loadMore}
          more={query.hasNextPage}
          loading={query.isFetchingNextPage}
          onMore={() => void query.fetchNextPage()}
          end={t.endBackfills(rows.length)}
        />
      }
    />
  )
}

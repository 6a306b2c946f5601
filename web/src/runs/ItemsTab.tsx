import { Button, Group, Progress, Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ITEM_PAGE, itemsQuery } from '~/api/items'
import type { Execution, Item, ItemCounts } from '~/api/types'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatCount } from '~/ui/format'
import { StatusBadge } from '~/ui/StatusBadge'
import { Duration } from '~/ui/Time'
import { isEnded } from './fold'
import classes from './ItemsTab.module.css'
import { addressOf, formatPlace, type ItemPlace } from './itemPlace'
import { isLoop } from './items'

const t = words.runs.items

interface ItemsTabProps {
  /** The run that the page is about. */
  execution: Execution
  /** Where the container is, when it is within loops itself. */
  place: ItemPlace
  node: string
}

/** The items of a container, page by page: what became of each, and the way into it. */
export function ItemsTab({ execution, place, node }: ItemsTabProps) {
  const [offset, setOffset] = useState(0)
  // Where the pages before began: those of failed items are as long as they happen to be.
  const [before, setBefore] = useState<readonly number[]>([])
  const [failed, setFailed] = useState(false)
  const live = !isEnded(execution.status)
  const address = addressOf(place, node)
  const query = useQuery(
    itemsQuery({ execution: execution.id, ...address, offset, limit: ITEM_PAGE, failed, live }),
  )
  const filter = (only: boolean) => {
    setFailed(only)
    setOffset(0)
    setBefore([])
  }
  if (query.error) {
    return <ErrorNote title={t.failed} error={query.error} onRetry={() => void query.refetch()} />
  }
  if (!query.data) return null
  const { counts, items, next } = query.data
  return (
    <div className={classes.tab}>
      <Counts counts={counts} />
      {counts.failed > 0 || failed ? (
        <Switch
          size="xs"
          label={t.onlyFailed}
          checked={failed}
          onChange={(event) => filter(event.currentTarget.checked)}
        />
      ) : null}
      <ol className={classes.items} aria-label={t.label}>
        {items.map((item) => (
          <li key={item.index}>
            <Row item={item} execution={execution.id} place={[...place, { node, index: item.index }]} />
          </li>
        ))}
      </ol>
      {items.length === 0 ? <p className={classes.quiet}>{failed ? t.noneFailed : t.none}</p> : null}
      {offset > 0 || next !== null ? (
        <Group gap="xs" className={classes.pages}>
          <Button
            size="compact-sm"
            variant="default"
            disabled={offset === 0}
            onClick={() => {
              setOffset(before.at(-1) ?? 0)
              setBefore(before.slice(0, -1))
            }}
          >
            {t.before}
          </Button>
          <span className={classes.quiet}>
            {t.range(
              formatCount(failed ? (items[0]?.index ?? offset) : offset),
              formatCount(failed ? (items.at(-1)?.index ?? offset) : offset + items.length - 1),
            )}
          </span>
          <Button
            size="compact-sm"
            variant="default"
            disabled={next === null}
            onClick={() => {
              setBefore([...before, offset])
              setOffset(next ?? offset)
            }}
          >
            {t.after}
          </Button>
        </Group>
      ) : null}
    </div>
  )
}

function Counts({ counts }: { counts: ItemCounts }) {
  const share = (part: number) => (100 * part) / Math.max(1, counts.total)
  return (
    <div className={classes.counts}>
      <p>{t.counts(counts, isLoop(counts))}</p>
      {isLoop(counts) ? null : (
        <Progress.Root size={6} aria-label={t.progress}>
          <Progress.Section value={share(counts.done - counts.failed)} color="green" />
          {/* One of a thousand would be too thin to be seen. */}
          <Progress.Section value={counts.failed > 0 ? Math.max(1, share(counts.failed)) : 0} color="red" />
          <Progress.Section value={share(counts.running)} color="blue" />
        </Progress.Root>
      )}
    </div>
  )
}

function Row({ item, execution, place }: { item: Item; execution: string; place: ItemPlace }) {
  const runs = Object.entries(item.nodes)
  const failed = runs.find(([, run]) => run.status === 'failed')
  const starts = runs.flatMap(([, run]) => run.started_at ?? []).sort()
  const ends = runs.flatMap(([, run]) => run.ended_at ?? []).sort()
  const over = ['succeeded', 'failed', 'skipped', 'cancelled'].includes(item.status)
  return (
    <Link
      className={classes.row}
      to="/runs/$id"
      params={{ id: execution }}
      search={{ in: formatPlace(place), node: failed?.[0] }}
    >
      <span className={classes.index}>{item.index}</span>
      <StatusBadge status={item.status} />
      <span className={classes.what}>
        {failed ? (
          <span className={classes.error}>{failed[1].error?.message}</span>
        ) : (
          runs.map(([name, run]) => (
            <StatusBadge key={name} status={run.status} variant="icon" label={name} size={11} />
          ))
        )}
      </span>
      <span className={classes.took}>
        {starts[0] ? <Duration start={starts[0]} end={over ? (ends.at(-1) ?? starts[0]) : null} /> : null}
      </span>
    </Link>
  )
}

import { Button, SegmentedControl } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import type { Preset } from '~/api/timeRange'
import { workflowsQuery } from '~/api/workflows'
import { RunsHistogram } from '~/history/RunsHistogram'
import { useLiveHistory } from '~/history/useLiveHistory'
import { words } from '~/i18n'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { MiniGraph } from '~/ui/MiniGraph'
import { Page } from '~/ui/Page'
import { PagePending } from '~/ui/PagePending'
import { useSlow } from '~/ui/useSlow'
import { Broken, useBrokenKnown } from './home/Broken'
import classes from './home/Home.module.css'
import { QueueCard, Upcoming } from './home/Next'
import { Failures, Slowest } from './home/Ran'
import { HOME_RANGES } from './home/search'
import { NewWorkflowDialog } from './workflows/NewWorkflowDialog'

const t = words.home
const route = getRouteApi('/')
const PICTURE = [
  { title: t.emptyPicture[0] ?? '', category: 'files', icon: 'file-import' },
  { title: t.emptyPicture[1] ?? '', category: 'tables', icon: 'filter' },
  { title: t.emptyPicture[2] ?? '', category: 'files', icon: 'file-export' },
]

/** Three questions answered without a click: is anything broken, what ran, what comes next. */
export function HomePage() {
  const { last = '24h' } = route.useSearch()
  const navigate = route.useNavigate()
  const workflows = useInfiniteQuery(workflowsQuery())
  const slow = useSlow(workflows.isPending)
  const [creating, setCreating] = useState(false)
  const none = workflows.data?.pages[0]?.items.length === 0
  useLiveHistory()
  const choose = (value: string) =>
    void navigate({ search: { last: HOME_RANGES.find((known) => known === value) }, replace: true })
  const create = (
    <Button leftSection={<IconPlus size={15} aria-hidden />} onClick={() => setCreating(true)}>
      {words.workflows.create}
    </Button>
  )

  return (
    <Page
      title={t.title}
      actions={
        workflows.data && !none ? (
          <>
            <SegmentedControl
              aria-label={t.range}
              value={last}
              onChange={choose}
              data={HOME_RANGES.map((value) => ({ value, label: t.presets[value] }))}
            />
            {create}
          </>
        ) : null
      }
    >
      {workflows.error && !workflows.data ? (
        <ErrorNote title={t.loadFailed} error={workflows.error} onRetry={() => void workflows.refetch()} />
      ) : null}
      {slow ? <PagePending /> : null}
      {none ? (
        <EmptyState title={t.emptyTitle} text={t.emptyText} picture={<MiniGraph nodes={PICTURE} />}>
          {create}
        </EmptyState>
      ) : null}
      {workflows.data && !none ? (
        <Answers last={last} onRange={(range) => void navigate({ to: '/runs', search: range })} />
      ) : null}
      <NewWorkflowDialog opened={creating} onClose={() => setCreating(false)} />
    </Page>
  )
}

interface AnswersProps {
  last: Preset
  onRange: (range: { since: string; until: string }) => void
}

function Answers({ last, onRange }: AnswersProps) {
  const range = useMemo(() => ({ last }), [last])
  const known = useBrokenKnown(last)
  if (!known) return null
  return (
    <div className={classes.answers} role="group" aria-label={t.title} tabIndex={0}>
      <Broken last={last} />
      <section className={classes.ran} aria-labelledby="ran">
        <h2 id="ran" className={classes.question}>
          {t.ran.title}
        </h2>
        <RunsHistogram range={range} height={150} onRange={onRange} />
        <div className={classes.pair}>
          <Failures last={last} />
          <Slowest last={last} />
        </div>
      </section>
      <section className={classes.next} aria-labelledby="next">
        <h2 id="next" className={classes.question}>
          {t.next.title}
        </h2>
        <QueueCard />
        <Upcoming />
      </section>
    </div>
  )
}

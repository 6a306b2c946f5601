import { Tooltip } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ExecutionSummary } from '~/api/types'
import { words } from '~/i18n'
import { occasionOf } from '~/runs/occasion'
import { shortId } from '~/ui/format'
import type { ListColumn } from '~/ui/ListTable'
import { StatusBadge } from '~/ui/StatusBadge'
import { Duration, Time } from '~/ui/Time'
import classes from './RunsPage.module.css'

const t = words.runs
const c = words.history.columns

/** No more than reads at a glance; the run's page has all of it. */
const EXCERPT = 600

function Excerpt({ error }: { error: NonNullable<ExecutionSummary['error']> }) {
  const { code, message, node } = error
  return (
    <span className={classes.excerpt}>
      <code>{node ? `${node} · ${code}` : code}</code>
      {message.length > EXCERPT ? `${message.slice(0, EXCERPT)} …` : message}
    </span>
  )
}

function Result({ run }: { run: ExecutionSummary }) {
  if (!run.error) return null
  return (
    <Tooltip label={<Excerpt error={run.error} />} multiline maw={460}>
      <span className={classes.error}>
        {run.error.node ? <code>{run.error.node}</code> : null} {run.error.message}
      </span>
    </Tooltip>
  )
}

function Origin({ run }: { run: ExecutionSummary }) {
  const type = t.triggers[run.trigger.type] ?? run.trigger.type
  const told = occasionOf(run).reverse()
  // Room is short: what is made up for or tried out at a time was started by a schedule.
  const text = (told.length > 1 ? told : [type, ...told]).join(' · ')
  return (
    <span className={classes.muted} title={text}>
      {text}
    </span>
  )
}

function RunLink({ id }: { id: unknown }) {
  if (typeof id !== 'string') return null
  return (
    <Link to="/runs/$id" params={{ id }}>
      <code>{shortId(id)}</code>
    </Link>
  )
}

export const RUN_COLUMNS: readonly ListColumn<ExecutionSummary>[] = [
  {
    key: 'status',
    head: t.status,
    width: 140,
    narrow: 126,
    cell: (run) => <StatusBadge status={run.status} />,
  },
  {
    key: 'run',
    head: t.run,
    width: 104,
    narrow: 92,
    cell: (run) => (
      <Link to="/runs/$id" params={{ id: run.id }} data-main>
        <code>{shortId(run.id)}</code>
      </Link>
    ),
  },
  {
    key: 'workflow',
    head: t.workflow,
    width: 190,
    narrow: 180,
    cell: (run) => (
      <Link to="/workflows/$name" params={{ name: run.workflow }} title={run.workflow}>
        {run.workflow}
      </Link>
    ),
  },
  {
    key: 'version',
    head: t.version,
    width: 72,
    choice: 'shown',
    cell: (run) => <span className={classes.muted}>v{run.version}</span>,
  },
  {
    key: 'trigger',
    head: t.trigger,
    width: 220,
    narrow: 200,
    choice: 'shown',
    cell: (run) => <Origin run={run} />,
  },
  {
    key: 'started',
    head: t.started,
    width: 130,
    choice: 'shown',
    cell: (run) => <Time at={run.started_at ?? run.created_at} plain />,
  },
  {
    key: 'ended',
    head: c.ended,
    width: 130,
    choice: 'hidden',
    cell: (run) => <Time at={run.ended_at} plain />,
  },
  {
    key: 'duration',
    head: t.duration,
    width: 90,
    narrow: 84,
    align: 'right',
    choice: 'shown',
    cell: (run) => <Duration start={run.started_at} end={run.ended_at} />,
  },
  {
    key: 'parent',
    head: c.calledBy,
    width: 100,
    choice: 'hidden',
    cell: (run) => <RunLink id={run.parent} />,
  },
  {
    key: 'replays',
    head: c.replays,
    width: 100,
    choice: 'hidden',
    cell: (run) => <RunLink id={run.trigger.replay_of} />,
  },
  {
    key: 'priority',
    head: c.priority,
    width: 80,
    align: 'right',
    choice: 'hidden',
    cell: (run) => run.priority,
  },
  {
    key: 'error',
    head: c.error,
    width: 170,
    choice: 'hidden',
    cell: (run) => (run.error ? <code>{run.error.code}</code> : null),
  },
  { key: 'result', head: t.result, cell: (run) => <Result run={run} /> },
]

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

function Result({ run }: { run: ExecutionSummary }) {
  if (!run.error) return null
  return (
    <Tooltip label={run.error.message} multiline maw={420}>
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
    cell: (run) => <span className={classes.muted}>v{run.version}</span>,
  },
  {
    key: 'trigger',
    head: t.trigger,
    width: 290,
    narrow: 250,
    cell: (run) => <Origin run={run} />,
  },
  {
    key: 'started',
    head: t.started,
    width: 130,
    cell: (run) => <Time at={run.started_at ?? run.created_at} />,
  },
  {
    key: 'duration',
    head: t.duration,
    width: 90,
    narrow: 84,
    align: 'right',
    cell: (run) => <Duration start={run.started_at} end={run.ended_at} />,
  },
  { key: 'result', head: t.result, cell: (run) => <Result run={run} /> },
]

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { latestFailuresQuery, slowestQuery } from '~/api/history'
import type { Preset } from '~/api/timeRange'
import type { ExecutionSummary, SlowExecution } from '~/api/types'
import { words } from '~/i18n'
import { formatAbsolute, formatDuration } from '~/ui/format'
import { StatusBadge } from '~/ui/StatusBadge'
import { Time } from '~/ui/Time'
import { Card } from './Card'
import classes from './Home.module.css'
import { slowForTheirs } from './slowest'

const t = words.home.ran
const SHOWN = 6
/** So many of the slowest are compared with what is typical. */
const COMPARED = 50

/** The newest runs that failed, each with why. */
export function Failures({ last }: { last: Preset }) {
  const query = useQuery(latestFailuresQuery(last, SHOWN))
  const more = (
    <Link to="/runs" search={{ status: 'failed,interrupted', last }} className={classes.more}>
      {words.home.broken.more}
    </Link>
  )
  return (
    <Card title={t.failures} more={more} failed={t.failuresFailed} query={query}>
      {query.data?.length === 0 ? (
        <p className={classes.none}>{t.failuresNone(words.home.lately[last])}</p>
      ) : null}
      <ul className={classes.lines}>
        {query.data?.map((run) => (
          <Failure key={run.id} run={run} />
        ))}
      </ul>
    </Card>
  )
}

function Failure({ run }: { run: ExecutionSummary }) {
  const message = run.error ? `${run.error.node ? `${run.error.node}: ` : ''}${run.error.message}` : null
  return (
    <li className={classes.line}>
      <StatusBadge status={run.status} variant="icon" />
      <Link to="/runs/$id" params={{ id: run.id }} className={classes.strong} title={run.workflow}>
        {run.workflow}
      </Link>
      <span className={classes.detail} title={message ?? undefined}>
        {message}
      </span>
      <span className={classes.when}>
        <Time at={run.ended_at ?? run.created_at} />
      </span>
    </li>
  )
}

/** Runs that took much longer than their workflow's usually do. */
export function Slowest({ last }: { last: Preset }) {
  const query = useQuery(slowestQuery(last, COMPARED))
  const slow = slowForTheirs(query.data?.items ?? [], SHOWN)
  const until = query.data?.scanned_until
  return (
    <Card title={t.slowest} failed={t.slowestFailed} query={query}>
      {query.data && slow.length === 0 ? (
        <p className={classes.none}>{t.slowestNone(words.home.lately[last])}</p>
      ) : null}
      <ul className={classes.lines}>
        {slow.map((run) => (
          <Slow key={run.id} run={run} />
        ))}
      </ul>
      {until ? <p className={classes.none}>{t.scanned(formatAbsolute(until))}</p> : null}
    </Card>
  )
}

function Slow({ run }: { run: SlowExecution & { factor: number } }) {
  const factor = run.factor >= 10 ? Math.round(run.factor).toLocaleString('en') : run.factor.toFixed(1)
  return (
    <li className={classes.line}>
      <StatusBadge status={run.status} variant="icon" />
      <Link to="/runs/$id" params={{ id: run.id }} className={classes.strong} title={run.workflow}>
        {run.workflow}
      </Link>
      <span className={classes.detail}>
        <strong className={classes.took}>{formatDuration(run.seconds * 1000)}</strong>{' '}
        {t.times(factor, formatDuration((run.typical_seconds ?? 0) * 1000))}
      </span>
      <span className={classes.when}>
        <Time at={run.ended_at ?? run.created_at} />
      </span>
    </li>
  )
}

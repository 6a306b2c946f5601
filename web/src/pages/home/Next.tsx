import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { queueQuery, upcomingQuery } from '~/api/history'
import type { Queue } from '~/api/types'
import { momentText } from '~/history/timeText'
import { words } from '~/i18n'
import { elapsed, formatCount, formatDuration } from '~/ui/format'
import { StatusBadge } from '~/ui/StatusBadge'
import { Time } from '~/ui/Time'
import { useNow } from '~/ui/useNow'
import { Card } from './Card'
import classes from './Home.module.css'

const t = words.home.next
const SHOWN = 7
const OPEN = ['running', 'queued', 'waiting', 'paused'] as const

/** The next times of schedules, soonest first. */
export function Upcoming() {
  const query = useQuery(upcomingQuery(SHOWN))
  const more = (
    <Link to="/triggers" className={classes.more}>
      {t.allTriggers}
    </Link>
  )
  return (
    <Card title={t.schedules} more={more} failed={t.schedulesFailed} query={query}>
      {query.data?.length === 0 ? <p className={classes.none}>{t.schedulesNone}</p> : null}
      <ul className={classes.lines}>
        {query.data?.map((fire) => (
          <li key={`${fire.workflow}/${fire.trigger}/${fire.at}`} className={classes.line} data-next>
            <span className={classes.clock}>{momentText(fire.at)}</span>
            <span className={classes.detail}>
              <Link to="/triggers" search={{ workflow: fire.workflow }} className={classes.strong}>
                {fire.workflow}
              </Link>{' '}
              {fire.trigger}
            </span>
            <span className={classes.when}>
              <Time at={fire.at} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

/** What has not ended, since when the longest waits for its start, and which limits are reached. */
export function QueueCard() {
  const query = useQuery(queueQuery())
  return (
    <Card title={t.queue} failed={t.queueFailed} query={query}>
      {query.data ? <Numbers queue={query.data} /> : null}
    </Card>
  )
}

function Numbers({ queue }: { queue: Queue }) {
  const now = useNow(1000)
  const waited = elapsed(queue.oldest_queued, null, now)
  return (
    <>
      <div className={classes.numbers}>
        {OPEN.map((status) => (
          <Link
            key={status}
            to="/runs"
            search={{ status }}
            className={classes.number}
            title={t.show(words.status[status].toLowerCase())}
            data-none={queue[status] === 0 || undefined}
          >
            <strong>{formatCount(queue[status])}</strong>
            <StatusBadge status={status} />
          </Link>
        ))}
      </div>
      <p className={classes.none}>{waited === null ? t.queueEmpty : t.oldest(formatDuration(waited))}</p>
      {queue.slots.length > 0 ? (
        <dl className={classes.slots} aria-label={t.slots}>
          {queue.slots.map(({ resource, taken, limit }) => (
            <div key={resource} data-full={taken >= limit || undefined}>
              <dt>{resource}</dt>
              <dd>
                <meter min={0} max={limit} value={taken} aria-label={resource} />
                {t.slot(taken, limit)}
              </dd>
            </div>
          ))}
        </dl>
      ) : null}
    </>
  )
}

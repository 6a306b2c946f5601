import { formatDuration } from '~/ui/format'
import { StatusBadge } from '~/ui/StatusBadge'
import type { Status } from '~/ui/tokens'
import classes from './RunsPage.module.css'

const ROWS: readonly { status: Status; part: number; ms: number }[] = [
  { status: 'running', part: 0.45, ms: 640 },
  { status: 'succeeded', part: 1, ms: 1900 },
  { status: 'failed', part: 0.7, ms: 1200 },
]

/** What a list of runs looks like, for the empty page. */
export function RunsPicture() {
  return (
    <div className={classes.picture} aria-hidden>
      {ROWS.map(({ status, part, ms }) => (
        <div key={status} className={classes.pictureRow}>
          <StatusBadge status={status} />
          <span className={classes.pictureBar} data-status={status} style={{ width: `${part * 100}%` }} />
          <span className={classes.muted}>{formatDuration(ms)}</span>
        </div>
      ))}
    </div>
  )
}

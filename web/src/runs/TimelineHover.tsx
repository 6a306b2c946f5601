import { words } from '~/i18n'
import { formatAbsolute, formatDuration } from '~/ui/format'
import type { Segment } from './segments'
import classes from './Timeline.module.css'
import type { TimelineRow } from './timelineRows'

const t = words.timeline

export interface Pointed {
  /** In px within the timeline's window. */
  x: number
  y: number
  time: number
  row: TimelineRow | null
}

/** The stretch at a moment, or the nearest one: short ones are hard to hit. */
function nearest(segments: readonly Segment[], time: number, now: number): Segment | undefined {
  const away = ({ from, to }: Segment) => Math.max(0, from - time, time - (to ?? now))
  return segments.toSorted((left, right) => away(left) - away(right))[0]
}

const offset = (time: number, origin: number): string => formatDuration(Math.max(0, time - origin))

interface TimelineHoverProps {
  pointed: Pointed
  title: string
  origin: number
  now: number
  width: number
}

/** What is under the pointer: what the node did there, from when to when. */
export function TimelineHover({
  pointed: { x, y, time, row },
  title,
  origin,
  now,
  width,
}: TimelineHoverProps) {
  const segment = row ? nearest(row.segments, time, now) : undefined
  if (!row || !segment) return null
  const { kind, attempt, from, to, about } = segment
  return (
    <div
      className={classes.hover}
      style={x > width - 300 ? { right: width - x + 12, top: y + 16 } : { left: x + 12, top: y + 16 }}
    >
      <strong>{title}</strong>
      <span>
        {t.kinds[kind]}
        {about === null ? '' : ` ${t.about(about)}`} · {t.attempt(attempt)}
      </span>
      <span>
        {t.since(offset(from, origin), to === null ? t.ongoing : offset(to, origin))} ·{' '}
        {formatDuration((to ?? now) - from)}
      </span>
      <span className={classes.quiet}>{formatAbsolute(new Date(from).toISOString())}</span>
      {row.failure ? <span className={classes.failure}>{row.failure}</span> : null}
    </div>
  )
}

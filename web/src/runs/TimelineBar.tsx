import { IconArrowBackUp, IconCornerDownRight } from '@tabler/icons-react'
import { words } from '~/i18n'
import { formatCompact, formatCount, formatDuration } from '~/ui/format'
import { StatusBadge } from '~/ui/StatusBadge'
import { statusVar } from '~/ui/tokens'
import { shownStatus } from './fold'
import { lostItems } from './items'
import { LostMark } from './LostMark'
import type { Segment } from './segments'
import classes from './Timeline.module.css'
import { placeIn, type Range } from './timelineRange'
import type { TimelineRow } from './timelineRows'

const t = words.runs

interface BarProps {
  row: TimelineRow
  range: Range
  now: number
  title: string
  /** Title of the node that it undoes. */
  undoes: string | undefined
}

const rowsText = (rows: number | null | undefined): string =>
  rows === undefined ? '' : rows === null ? t.notStored : t.rows(formatCompact(rows), rows)

function noteOf({ row: { view, attempt, failure, from, to }, undoes, now }: BarProps): string {
  const took = formatDuration((to ?? now) - from)
  if (attempt !== null) return [took, failure ?? ''].filter((part) => part !== '').join(' · ')
  const lost = lostItems(view)
  return [
    view.reused ? words.status.reused : took,
    rowsText(view.rows),
    lost ? t.items.lost(formatCount(lost.failed), formatCount(lost.total)) : '',
    undoes === undefined ? '' : words.editor.wire.undoes(undoes),
  ]
    .filter((part) => part !== '')
    .join(' · ')
}

/** Name at the left, what the node (or one attempt of it) did over time at the right. */
export function TimelineBar(props: BarProps) {
  const { row, range, now, title, undoes } = props
  const { view, attempt, failure, segments, to } = row
  const lost = attempt === null ? lostItems(view) : null
  const status = attempt === null ? shownStatus(view) : failure === null ? shownStatus(view) : 'failed'
  const end = placeIn(range, to ?? now)
  return (
    <>
      <span className={classes.label} data-attempt={attempt ?? undefined}>
        {attempt === null ? null : <IconCornerDownRight className={classes.quiet} size={13} aria-hidden />}
        <StatusBadge status={status} variant="icon" size={13} />
        {lost ? <LostMark items={lost} size={13} /> : null}
        {undoes === undefined || attempt !== null ? null : (
          <IconArrowBackUp className={classes.quiet} size={13} aria-hidden />
        )}
        <span className={classes.title}>{attempt === null ? title : words.timeline.attempt(attempt)}</span>
      </span>
      <span className={classes.track}>
        {segments.map((segment) => (
          <Stretch
            key={`${segment.from} ${segment.kind} ${segment.attempt}`}
            segment={segment}
            range={range}
            now={now}
            colour={statusVar(status)}
          />
        ))}
        <span
          className={classes.note}
          style={{ left: `max(3px, ${end * 100}%)`, maxWidth: `calc(${(1 - end) * 100}% + var(--room))` }}
        >
          {noteOf(props)}
        </span>
      </span>
    </>
  )
}

interface StretchProps {
  segment: Segment
  range: Range
  now: number
  colour: string
}

function Stretch({ segment: { kind, from, to }, range, now, colour }: StretchProps) {
  const end = to ?? now
  if (end < range.from || from > range.to) return null
  const left = placeIn(range, from)
  const style = {
    left: `${left * 100}%`,
    width: `max(2px, ${(placeIn(range, end) - left) * 100}%)`,
    '--bar': kind === 'running' || kind === 'inside' ? colour : undefined,
  } as React.CSSProperties
  return (
    <span className={classes.stretch} data-kind={kind} data-live={to === null || undefined} style={style} />
  )
}

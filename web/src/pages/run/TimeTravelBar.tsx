import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { IconChevronLeft, IconChevronRight, IconHistory, IconPlayerTrackNext } from '@tabler/icons-react'
import { useEffect } from 'react'
import type { RunEvent } from '~/api/types'
import { words } from '~/i18n'
import { eventText } from '~/runs/eventText'
import { timeOf } from '~/runs/moments'
import { useJournal } from '~/runs/useJournal'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatDuration } from '~/ui/format'
import classes from './TimeTravelBar.module.css'

const t = words.timeTravel

interface TimeTravelBarProps {
  /** The run. */
  id: string
  seq: number
  onSeq: (seq: number) => void
  onLeave: () => void
}

const clock = (iso: string): string => {
  const at = new Date(iso)
  return `${at.toLocaleDateString('en', { month: 'short', day: 'numeric' })}, ${at.toTimeString().slice(0, 8)}.${String(
    at.getMilliseconds(),
  ).padStart(3, '0')}`
}

/** Failures and retries, which one looks for first. */
const isMark = ({ kind }: RunEvent): boolean =>
  kind === 'node.failed' ||
  kind === 'node.retrying' ||
  kind === 'execution.retried' ||
  kind === 'execution.failed'
const MOST_MARKS = 200

/** The scrubber over a run's journal: which moment is shown, and the way back to now. */
export function TimeTravelBar({ id, seq, onSeq, onLeave }: TimeTravelBarProps) {
  const { events, complete, error, reload } = useJournal(id)
  const all = events.length
  const at = Math.min(Math.max(1, seq), Math.max(1, all))
  const event = events[at - 1]
  const first = events.find(({ kind }) => kind === 'execution.started') ?? events[0]
  const go = (next: number) => onSeq(Math.min(all, Math.max(1, next)))
  useEffect(() => {
    const onKey = (press: KeyboardEvent) => {
      if (press.key === 'Escape' && !press.defaultPrevented && !document.querySelector('[role="dialog"]'))
        onLeave()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [onLeave])
  if (error) return <ErrorNote title={t.failed} error={error} onRetry={reload} />
  const marks = events.filter(isMark).slice(0, MOST_MARKS)
  return (
    <section className={classes.bar} aria-label={t.label}>
      <IconHistory size={16} className={classes.icon} aria-hidden />
      <div className={classes.words}>
        <strong>{event ? t.at(clock(event.at)) : t.loading}</strong>
        {event && first ? (
          <span>
            {t.after(formatDuration(Math.max(0, timeOf(event.at) - timeOf(first.at))))} ·{' '}
            {complete ? t.event(at, all) : t.loading}
          </span>
        ) : null}
      </div>
      <Tooltip label={t.previous}>
        <ActionIcon size={26} aria-label={t.previous} disabled={at <= 1} onClick={() => go(at - 1)}>
          <IconChevronLeft size={16} />
        </ActionIcon>
      </Tooltip>
      <div className={classes.slide}>
        <input
          type="range"
          className={classes.range}
          aria-label={t.slider}
          aria-valuetext={
            event ? `${clock(event.at)}, ${t.event(at, all)}, ${event.kind} ${event.node ?? ''}` : undefined
          }
          min={1}
          max={Math.max(1, all)}
          value={at}
          onChange={(change) => go(Number(change.currentTarget.value))}
        />
        {marks.map((mark) => (
          <span
            key={mark.seq}
            className={classes.mark}
            data-kind={mark.kind}
            style={{ left: `${all > 1 ? ((mark.seq - 1) / (all - 1)) * 100 : 0}%` }}
            aria-hidden
          />
        ))}
      </div>
      <Tooltip label={t.next}>
        <ActionIcon size={26} aria-label={t.next} disabled={at >= all} onClick={() => go(at + 1)}>
          <IconChevronRight size={16} />
        </ActionIcon>
      </Tooltip>
      <div className={classes.event}>
        {event ? (
          <>
            <code>{event.kind}</code>
            <span>{[event.node, eventText(event)].filter(Boolean).join(' · ')}</span>
          </>
        ) : null}
      </div>
      <Button leftSection={<IconPlayerTrackNext size={14} aria-hidden />} onClick={onLeave}>
        {t.leave}
      </Button>
    </section>
  )
}

import type { MouseEvent, Ref } from 'react'
import { words } from '~/i18n'
import { formatDuration } from '~/ui/format'
import classes from './Timeline.module.css'
import { placeIn, type Range, ticksOf } from './timelineRange'

interface TimelineAxisProps {
  range: Range
  /** The moment that offsets count from: the start of the run. */
  origin: number
  trackRef: Ref<HTMLDivElement>
  width: number
  pointed: number | null
  now: number | null
  moment: number | null
  onMoment?: ((event: MouseEvent) => void) | undefined
}

const offset = (ms: number): string =>
  Math.abs(ms) < 1e-6 ? '0' : ms < 0 ? `-${formatDuration(-ms)}` : formatDuration(ms)

/** Round times since the start, the present and the pointer; a click goes to the moment (the scrubber has its keys). */
export function TimelineAxis(props: TimelineAxisProps) {
  const { range, origin, trackRef, width, pointed, now, moment, onMoment } = props
  return (
    <div className={classes.axis} aria-hidden>
      <span />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a short cut to the scrubber. */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a short cut to the scrubber. */}
      <div
        ref={trackRef}
        className={classes.track}
        data-clickable={onMoment ? true : undefined}
        title={onMoment ? words.timeline.travel : undefined}
        onClick={onMoment}
      >
        {ticksOf(range, origin, width).map(({ ms, at }) => (
          <span
            key={ms}
            className={classes.tick}
            data-last={at > 0.94 || undefined}
            style={{ left: `${at * 100}%` }}
          >
            {offset(ms)}
          </span>
        ))}
        {now === null ? null : <Chip kind="now" place={placeIn(range, now)} text={words.timeline.now} />}
        {moment === null ? null : (
          <Chip kind="moment" place={placeIn(range, moment)} text={offset(moment - origin)} />
        )}
        {pointed === null ? null : (
          <Chip kind="pointed" place={placeIn(range, pointed)} text={offset(pointed - origin)} />
        )}
      </div>
    </div>
  )
}

const Chip = ({ kind, place, text }: { kind: string; place: number; text: string }) => (
  <span className={classes.chip} data-kind={kind} style={{ left: `${place * 100}%` }}>
    {text}
  </span>
)

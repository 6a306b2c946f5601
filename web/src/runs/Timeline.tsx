import { useElementSize, useMergedRef } from '@mantine/hooks'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type PointerEvent, useEffect, useMemo, useRef, useState } from 'react'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { parseEdges } from '~/model/edges'
import { undoneTitles } from '~/model/undo'
import { nodeTitle, type WorkflowDocument } from '~/model/workflow'
import { formatDuration } from '~/ui/format'
import { listKeys } from '~/ui/listKeys'
import { useNow } from '~/ui/useNow'
import { criticalPath } from './criticalPath'
import { isEnded } from './fold'
import { lostItems } from './items'
import { timeOf } from './moments'
import type { Tracks } from './segments'
import type { RunStatusStore } from './state'
import classes from './Timeline.module.css'
import { TimelineAxis } from './TimelineAxis'
import { TimelineBar } from './TimelineBar'
import { type Pointed, TimelineHover } from './TimelineHover'
import { TimelineTools } from './TimelineTools'
import { placeIn, timeAt } from './timelineRange'
import { type TimelineRow, type TimelineSort, timelineRows } from './timelineRows'
import { useAllNodeRuns } from './useRun'
import { useTimelineRange } from './useTimelineRange'

const ROW_HEIGHT = 28
const AXIS_HEIGHT = 26

export interface TimelineProps {
  /** The run as it is now, also while another moment is shown. */
  execution: Execution
  store: RunStatusStore
  document: WorkflowDocument | null
  /** What the journal tells of each node; of none while it is on its way. */
  tracks: Tracks
  /** When the first event was, which may be before a retry. */
  firstAt: number | null
  /** The moment that is shown in place of now (ms). */
  moment: number | null
  onMoment?: (time: number) => void
  selected: string | null
  onSelect: (nodeId: string) => void
}

/** What each node did over the time of the run (Gantt). Fills its parent. */
export function Timeline(props: TimelineProps) {
  const { execution, store, document, tracks, firstAt, moment, onMoment, selected, onSelect } = props
  const entries = useAllNodeRuns(store)
  const goesOn = !isEnded(execution.status)
  const live = moment === null && goesOn
  const clock = useNow(goesOn ? 250 : null)
  const end = execution.ended_at && !goesOn ? timeOf(execution.ended_at) : clock
  const now = moment ?? end
  const origin = execution.started_at ? timeOf(execution.started_at) : now
  const fit = { from: origin, to: Math.max(origin + 1, end) }
  const whole = { from: Math.min(firstAt ?? origin, origin), to: fit.to }
  const view = useTimelineRange(fit, whole)
  const [sort, setSort] = useState<TimelineSort>('start')
  const [apart, setApart] = useState(true)
  const [critical, setCritical] = useState(false)
  const [pointed, setPointed] = useState<Pointed | null>(null)
  const titles = useMemo(
    () =>
      new Map(entries.map(([id]) => [id, execution.nodes[id]?.title || nodeTitle(id, document?.nodes[id])])),
    [entries, execution, document],
  )
  const titleOf = (id: string) => titles.get(id) ?? id
  const rows = timelineRows(entries, tracks, { sort, now, titleOf, apart })
  const path = useMemo(
    () => (critical && document ? criticalPath(parseEdges(document.edges), tracks) : null),
    [critical, document, tracks],
  )
  const onPath = useMemo(() => (path === null ? null : new Set(path)), [path])
  const undoes = useMemo(() => (document ? undoneTitles(document.nodes) : null), [document])
  const long = rows.some((row) => undoes?.has(row.id) || lostItems(row.view) || row.failure)
  const frameSize = useElementSize<HTMLDivElement>()
  const frame = useRef<HTMLDivElement>(null)
  const trackSize = useElementSize<HTMLDivElement>()
  const track = useRef<HTMLDivElement>(null)
  const frameRef = useMergedRef(frame, frameSize.ref)
  const trackRef = useMergedRef(track, trackSize.ref)
  const scroll = useRef<HTMLDivElement>(null)
  const lines = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_HEIGHT,
    scrollPaddingStart: AXIS_HEIGHT,
    overscan: 10,
  })
  const active = rows.findIndex((row) => row.id === selected && row.attempt === null)
  useEffect(() => {
    if (active >= 0) lines.scrollToIndex(active)
  }, [active, lines])

  const timeUnder = (event: { clientX: number }): number | null => {
    const box = track.current?.getBoundingClientRect()
    if (!box || box.width === 0 || event.clientX < box.left || event.clientX > box.right) return null
    return timeAt(view.range, (event.clientX - box.left) / box.width)
  }
  const onPointer = (event: PointerEvent) => {
    const time = timeUnder(event)
    const box = frame.current?.getBoundingClientRect()
    const key = event.target instanceof Element ? event.target.closest('[data-row]') : null
    const row = key ? (rows[Number(key.getAttribute('data-row'))] ?? null) : null
    setPointed(
      time === null || !box ? null : { x: event.clientX - box.left, y: event.clientY - box.top, time, row },
    )
  }
  const move = (index: number) => {
    // An attempt is passed over: it is selected with its node.
    const step = index > active ? 1 : -1
    let at = index
    while (rows[at] && rows[at]?.attempt !== null && at + step >= 0 && at + step < rows.length) at += step
    const row = rows[at]
    if (row) onSelect(row.id)
  }
  const keys = listKeys({ at: active, count: rows.length, onMove: move })
  useWheelZoom(scroll, (event) => {
    const box = track.current?.getBoundingClientRect()
    if (!box || box.width === 0) return
    view.zoom(
      event.deltaY < 0 ? 'in' : 'out',
      Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)),
    )
  })

  if (rows.length === 0) return <p className={classes.empty}>{words.runs.timelineEmpty}</p>
  return (
    <div ref={frameRef} className={classes.frame}>
      <TimelineTools
        view={view}
        sort={sort}
        onSort={setSort}
        apart={apart}
        onApart={setApart}
        critical={critical}
        onCritical={setCritical}
        kinds={new Set(rows.flatMap((row) => row.segments.map(({ kind }) => kind)))}
        criticalIs={path ? criticalText(path, rows, now) : null}
        onAllTries={whole.from < fit.from && execution.generation > 1 ? () => view.show(whole) : null}
      />
      <div
        ref={scroll}
        className={classes.timeline}
        data-notes={long ? 'long' : undefined}
        onPointerMove={onPointer}
        onPointerLeave={() => setPointed(null)}
      >
        <TimelineAxis
          range={view.range}
          origin={origin}
          trackRef={trackRef}
          width={trackSize.width}
          pointed={pointed?.time ?? null}
          now={live ? now : null}
          moment={moment}
          onMoment={
            onMoment &&
            ((event) => {
              const time = timeUnder(event)
              if (time !== null) onMoment(time)
            })
          }
        />
        <div
          className={classes.rows}
          style={{ height: lines.getTotalSize() }}
          role="listbox"
          aria-label={words.timeline.label}
          aria-description={words.timeline.keys}
          aria-activedescendant={active >= 0 ? `timeline-${rows[active]?.id}` : undefined}
          tabIndex={0}
          onKeyDown={(event) => {
            if (!event.ctrlKey && !event.metaKey && view.key(event.key)) event.preventDefault()
            else keys(event)
          }}
        >
          {lines.getVirtualItems().map(({ index, start }) => {
            const row = rows[index]
            if (!row) return null
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the focus and its keys.
              <div
                key={row.key}
                id={row.attempt === null ? `timeline-${row.id}` : undefined}
                className={classes.row}
                role="option"
                aria-selected={row.id === selected}
                aria-description={words.timeline.startsAt(formatDuration(Math.max(0, row.from - origin)))}
                data-row={index}
                data-testid={row.attempt === null ? `bar-${row.id}` : `bar-${row.id}-${row.attempt}`}
                data-off={(onPath && !onPath.has(row.id)) || undefined}
                data-critical={onPath?.has(row.id) || undefined}
                style={{ transform: `translateY(${start}px)` }}
                onClick={() => onSelect(row.id)}
              >
                <TimelineBar
                  row={row}
                  range={view.range}
                  now={now}
                  title={titleOf(row.id)}
                  undoes={undoes?.get(row.id)}
                />
              </div>
            )
          })}
        </div>
        <div className={classes.lines} aria-hidden>
          <span />
          <div className={classes.track}>
            {live ? <Line time={now} kind="now" place={placeIn(view.range, now)} /> : null}
            {moment === null ? null : (
              <Line time={moment} kind="moment" place={placeIn(view.range, moment)} />
            )}
            {pointed === null ? null : (
              <Line time={pointed.time} kind="pointed" place={placeIn(view.range, pointed.time)} />
            )}
          </div>
        </div>
      </div>
      {pointed ? (
        <TimelineHover
          pointed={pointed}
          title={pointed.row ? titleOf(pointed.row.id) : ''}
          origin={origin}
          now={now}
          width={frameSize.width}
        />
      ) : null}
    </div>
  )
}

const Line = ({ place, kind }: { time: number; place: number; kind: string }) => (
  <span className={classes.line} data-kind={kind} style={{ left: `${place * 100}%` }} />
)

function criticalText(path: readonly string[], rows: readonly TimelineRow[], now: number): string {
  const spans = rows.filter((row) => row.attempt === null && path.includes(row.id))
  const took = spans.reduce((total, { from, to }) => total + ((to ?? now) - from), 0)
  return words.timeline.criticalIs(path.length, formatDuration(took))
}

/** Ctrl and the wheel zoom, as on every canvas; React's own wheel events cannot be kept from the page. */
function useWheelZoom(ref: React.RefObject<HTMLElement | null>, onZoom: (event: WheelEvent) => void) {
  const latest = useRef(onZoom)
  latest.current = onZoom
  useEffect(() => {
    const element = ref.current
    if (!element) return
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return
      event.preventDefault()
      latest.current(event)
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  })
}

import { useElementSize } from '@mantine/hooks'
import { IconArrowBackUp } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef } from 'react'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { undoneTitles } from '~/model/undo'
import { nodeTitle, type WorkflowDocument } from '~/model/workflow'
import { elapsed, formatCompact, formatCount, formatDuration } from '~/ui/format'
import { StatusBadge } from '~/ui/StatusBadge'
import { statusVar } from '~/ui/tokens'
import { useNow } from '~/ui/useNow'
import { shownStatus } from './fold'
import { lostItems } from './items'
import { LostMark } from './LostMark'
import type { RunStatusStore } from './state'
import classes from './Timeline.module.css'
import { type TimelineRow, timelineRows, timelineScale } from './timelineRows'
import { useAllNodeRuns } from './useRun'

const t = words.runs
const ROW_HEIGHT = 28
const AXIS_HEIGHT = 26

interface TimelineProps {
  execution: Execution
  store: RunStatusStore
  document: WorkflowDocument | null
  selected: string | null
  onSelect: (nodeId: string) => void
}

/** When each node ran: a bar a node over the time of the run (Gantt). */
export function Timeline({ execution, store, document, selected, onSelect }: TimelineProps) {
  const entries = useAllNodeRuns(store)
  const now = useNow(execution.ended_at ? null : 250)
  const track = useElementSize()
  const scale = timelineScale(execution.started_at, execution.ended_at, now, track.width)
  const rows = timelineRows(entries, scale, now)
  const titles = useMemo(
    () =>
      new Map(entries.map(([id]) => [id, execution.nodes[id]?.title || nodeTitle(id, document?.nodes[id])])),
    [entries, execution, document],
  )
  const undoes = useMemo(() => (document ? undoneTitles(document.nodes) : null), [document])
  const long = rows.some(({ id, view }) => undoes?.has(id) || lostItems(view))
  const scroll = useRef<HTMLDivElement>(null)
  const lines = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_HEIGHT,
    scrollPaddingStart: AXIS_HEIGHT,
    overscan: 10,
  })
  if (rows.length === 0) return <p className={classes.empty}>{t.timelineEmpty}</p>
  return (
    <div ref={scroll} className={classes.timeline} data-notes={long ? 'long' : undefined}>
      <div className={classes.axis} aria-hidden>
        <span />
        <div ref={track.ref} className={classes.track}>
          {scale.ticks.map(({ ms, at }) => (
            <span
              key={ms}
              className={classes.tick}
              data-last={at > 0.94 || undefined}
              style={{ left: `${at * 100}%` }}
            >
              {ms === 0 ? '0' : formatDuration(ms)}
            </span>
          ))}
        </div>
      </div>
      <ul className={classes.rows} style={{ height: lines.getTotalSize() }}>
        {lines.getVirtualItems().map(({ index, start }) => {
          const row = rows[index]
          if (!row) return null
          return (
            <li key={row.id} style={{ transform: `translateY(${start}px)` }}>
              <Bar
                row={row}
                title={titles.get(row.id) ?? row.id}
                undoes={undoes?.get(row.id)}
                took={elapsed(row.view.startedAt, row.view.endedAt, now) ?? 0}
                selected={row.id === selected}
                onSelect={onSelect}
              />
            </li>
          )
        })}
      </ul>
    </div>
  )
}

interface BarProps {
  row: TimelineRow
  title: string
  /** Title of the node that it undoes. */
  undoes: string | undefined
  took: number
  selected: boolean
  onSelect: (nodeId: string) => void
}

const rowsText = (rows: number | null | undefined): string =>
  rows === undefined ? '' : rows === null ? t.notStored : t.rows(formatCompact(rows), rows)

function Bar({ row: { id, view, from, to }, title, undoes, took, selected, onSelect }: BarProps) {
  const lost = lostItems(view)
  const note = [
    view.reused ? words.status.reused : formatDuration(took),
    rowsText(view.rows),
    lost ? t.items.lost(formatCount(lost.failed), formatCount(lost.total)) : '',
    undoes === undefined ? '' : words.editor.wire.undoes(undoes),
  ]
    .filter((part) => part !== '')
    .join(' · ')
  return (
    <button type="button" className={classes.row} aria-pressed={selected} onClick={() => onSelect(id)}>
      <span className={classes.label}>
        <StatusBadge status={shownStatus(view)} variant="icon" size={13} />
        {lost ? <LostMark items={lost} size={13} /> : null}
        {undoes === undefined ? null : <IconArrowBackUp className={classes.undo} size={13} aria-hidden />}
        <span className={classes.title}>{title}</span>
      </span>
      <span className={classes.track}>
        <span
          className={classes.bar}
          data-status={view.status}
          style={
            {
              left: `${from * 100}%`,
              width: `max(3px, ${(to - from) * 100}%)`,
              '--bar': statusVar(shownStatus(view)),
            } as React.CSSProperties
          }
        />
        <span
          className={classes.note}
          style={{ left: `max(3px, ${to * 100}%)`, maxWidth: `calc(${(1 - to) * 100}% + var(--room))` }}
          title={note}
        >
          {note}
        </span>
      </span>
    </button>
  )
}

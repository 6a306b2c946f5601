import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef } from 'react'
import type { ComparedNode } from '~/api/types'
import { words } from '~/i18n'
import { formatDuration } from '~/ui/format'
import { listKeys } from '~/ui/listKeys'
import { StatusBadge } from '~/ui/StatusBadge'
import classes from './Compare.module.css'
import { secondsMore } from './nodeChanges'

const t = words.compare
const ROW_HEIGHT = 34

interface CompareTableProps {
  lines: readonly ComparedNode[]
  /** The node where the runs part. */
  divergence: string | null
  selected: string | null
  onSelect: (node: string) => void
}

/** A line for each node: both runs' status, time and attempts, and what differs. */
export function CompareTable({ lines, divergence, selected, onSelect }: CompareTableProps) {
  const scroll = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_HEIGHT,
    scrollPaddingStart: ROW_HEIGHT,
    overscan: 12,
  })
  const active = lines.findIndex((line) => line.node === selected)
  const onMove = (index: number) => {
    const line = lines[index]
    if (!line) return
    rows.scrollToIndex(index)
    onSelect(line.node)
  }
  return (
    <div
      ref={scroll}
      className={classes.grid}
      role="grid"
      aria-label={t.nodes}
      aria-rowcount={lines.length + 1}
      aria-activedescendant={active >= 0 ? `compare-${lines[active]?.node}` : undefined}
      tabIndex={0}
      onKeyDown={listKeys({ at: active, count: lines.length, onMove })}
    >
      <div role="row" className={classes.gridHead} aria-rowindex={1}>
        {[t.node, t.status, t.duration, t.attempts, t.config, t.input, t.output].map((head) => (
          <span role="columnheader" key={head}>
            {head}
          </span>
        ))}
      </div>
      <div role="rowgroup" className={classes.gridBody} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start }) => {
          const line = lines[index]
          if (!line) return null
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the focus and its keys.
            <div
              key={line.node}
              id={`compare-${line.node}`}
              data-testid={`compare-${line.node}`}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={line.node === selected}
              data-first={line.node === divergence || undefined}
              className={classes.gridRow}
              style={{ transform: `translateY(${start}px)` }}
              onClick={() => onSelect(line.node)}
            >
              <Cells line={line} />
            </div>
          )
        })}
      </div>
      {lines.length === 0 ? <p className={classes.quiet}>{t.nothing}</p> : null}
    </div>
  )
}

function Cells({ line }: { line: ComparedNode }) {
  const more = secondsMore(line)
  return (
    <>
      <span role="gridcell" className={classes.name}>
        {line.node}
      </span>
      <span role="gridcell" className={classes.both}>
        <Statuses status={line.status} />
      </span>
      <span role="gridcell" data-differs={more !== null || undefined}>
        {line.seconds
          .map((seconds) => (seconds === null ? t.none : formatDuration(seconds * 1000)))
          .join(' / ')}
      </span>
      <span role="gridcell" data-differs={line.attempt[0] !== line.attempt[1] || undefined}>
        {line.attempt.map((attempt) => attempt ?? t.none).join(' / ')}
      </span>
      <Mark differs={line.config_changed} />
      <Mark differs={line.input_changed} />
      <Mark differs={line.output === 'unknown' ? null : line.output === 'different'} />
    </>
  )
}

function Statuses({ status: [own, other] }: Pick<ComparedNode, 'status'>) {
  if (own === null || other === null) {
    return t.onlyIn(own === null ? t.otherRun.toLowerCase() : t.thisRun.toLowerCase())
  }
  if (own === other) return <StatusBadge status={own} size={13} />
  return (
    <>
      <StatusBadge status={own} size={13} /> <span aria-hidden>/</span>{' '}
      <StatusBadge status={other} size={13} />
    </>
  )
}

function Mark({ differs }: { differs: boolean | null }) {
  const text = differs === null ? t.unknown : differs ? t.changed : t.equal
  return (
    <span
      role="gridcell"
      data-differs={differs === true || undefined}
      data-quiet={differs !== true || undefined}
    >
      {text}
    </span>
  )
}

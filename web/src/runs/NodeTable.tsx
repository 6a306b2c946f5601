import { TextInput } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconSearch } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import type { WorkflowDocument } from '~/model/workflow'
import { listKeys } from '~/ui/listKeys'
import { useNow } from '~/ui/useNow'
import { isEnded } from './fold'
import classes from './NodeTable.module.css'
import { NodeTableCell } from './NodeTableCell'
import { COLUMNS, type ColumnKey, type NodeLine, nodeLines, sortedLines } from './nodeLines'
import type { Tracks } from './segments'
import type { RunStatusStore } from './state'
import type { Typical } from './typical'
import { useAllNodeRuns } from './useRun'

const t = words.runNodes
const ROW_HEIGHT = 32

interface NodeTableProps {
  execution: Execution
  store: RunStatusStore
  document: WorkflowDocument | null
  tracks: Tracks
  typical: Typical | null
  moment: number | null
  selected: string | null
  onSelect: (node: string) => void
}

/** All nodes of a run in figures; also the way to them for who does not see the graph. Fills its parent. */
export function NodeTable(props: NodeTableProps) {
  const { execution, store, document, tracks, typical, moment, selected, onSelect } = props
  const entries = useAllNodeRuns(store)
  const clock = useNow(moment === null && !isEnded(execution.status) ? 1_000 : null)
  const now = moment ?? clock
  const [sort, setSort] = useState<{ key: ColumnKey; down: boolean }>({ key: 'node', down: false })
  const [text, setText] = useState('')
  const lines = useMemo(() => {
    const found = nodeLines(entries, { execution, document, tracks, typical, now }).filter((line) =>
      `${line.title} ${line.id} ${line.type}`.toLowerCase().includes(text.trim().toLowerCase()),
    )
    return sort.key === 'node' && !sort.down ? found : sortedLines(found, sort.key, sort.down)
  }, [entries, execution, document, tracks, typical, now, text, sort])
  const scroll = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_HEIGHT,
    scrollPaddingStart: ROW_HEIGHT,
    overscan: 12,
  })
  const active = lines.findIndex((line) => line.id === selected)
  useEffect(() => {
    if (active >= 0) rows.scrollToIndex(active)
  }, [active, rows])
  const onMove = (index: number) => {
    const line = lines[index]
    if (line) onSelect(line.id)
  }
  return (
    <div className={classes.frame}>
      <TextInput
        className={classes.search}
        aria-label={t.search}
        placeholder={t.search}
        leftSection={<IconSearch size={13} aria-hidden />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div
        ref={scroll}
        className={classes.scroll}
        role="grid"
        aria-label={t.label}
        aria-description={t.keys}
        aria-rowcount={lines.length + 1}
        aria-colcount={COLUMNS.length}
        aria-activedescendant={active >= 0 ? `node-row-${lines[active]?.id}` : undefined}
        tabIndex={0}
        onKeyDown={listKeys({ at: active, count: lines.length, onMove })}
      >
        <div role="row" aria-rowindex={1} className={classes.head}>
          {COLUMNS.map(({ key, right }) => (
            <Head
              key={key}
              column={key}
              right={right}
              sorted={sort.key === key ? (sort.down ? 'descending' : 'ascending') : 'none'}
              onSort={() => setSort((old) => ({ key, down: old.key === key ? !old.down : right === true }))}
            />
          ))}
        </div>
        <div role="rowgroup" className={classes.body} style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const line = lines[index]
            return line ? (
              <Row
                key={line.id}
                line={line}
                index={index}
                start={start}
                selected={line.id === selected}
                onSelect={onSelect}
              />
            ) : null
          })}
        </div>
        {lines.length === 0 ? <p className={classes.none}>{t.none}</p> : null}
      </div>
    </div>
  )
}

interface HeadProps {
  column: ColumnKey
  right: boolean | undefined
  sorted: 'ascending' | 'descending' | 'none'
  onSort: () => void
}

function Head({ column, right, sorted, onSort }: HeadProps) {
  const Arrow = sorted === 'descending' ? IconArrowDown : IconArrowUp
  return (
    <div role="columnheader" aria-sort={sorted} data-right={right}>
      <button type="button" onClick={onSort}>
        {t[column]}
        {sorted === 'none' ? null : <Arrow size={12} aria-hidden />}
      </button>
    </div>
  )
}

interface RowProps {
  line: NodeLine
  index: number
  start: number
  selected: boolean
  onSelect: (node: string) => void
}

function Row({ line, index, start, selected, onSelect }: RowProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the focus and its keys.
    <div
      role="row"
      id={`node-row-${line.id}`}
      data-testid={`node-row-${line.id}`}
      aria-rowindex={index + 2}
      aria-selected={selected}
      className={classes.row}
      style={{ transform: `translateY(${start}px)` }}
      onClick={() => onSelect(line.id)}
    >
      {COLUMNS.map(({ key, right }) => (
        <div role="gridcell" key={key} data-right={right} data-column={key}>
          <NodeTableCell line={line} column={key} />
        </div>
      ))}
    </div>
  )
}

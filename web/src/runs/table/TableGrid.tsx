import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type RefObject, useEffect, useId, useMemo } from 'react'
import type { OutputRequest } from '~/api/outputs'
import type { Column } from '~/api/types'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { ColumnHead } from '../ColumnHead'
import classes from '../TablePreview.module.css'
import type { Condition } from './conditions'
import { cellId, GridRow } from './GridRow'
import { useKeptWidths } from './keptWidths'
import { moved, type Range, rangeOf, type Selection } from './selection'
import { useCellPointer } from './useCellPointer'
import { type Row, usePages } from './usePages'

const t = words.previews
const ROW_HEIGHT = 28
const HEAD_HEIGHT = 32
const NUMBER_WIDTH = 56
const NOTHING: Range = { top: 0, bottom: -1, left: 0, right: -1 }

export interface TableGridProps {
  /** What scrolls and has the keys; for whoever gives it the focus. */
  scroll: RefObject<HTMLDivElement | null>
  /** With the order and the conditions. */
  source: OutputRequest
  columns: Column[]
  /** Rows that can be scrolled to, and all there are. */
  count: number
  total: number
  /** First rows, for the widths. */
  sample: Row[]
  selection: Selection | null
  onSelect: (selection: Selection | null) => void
  onSort: (sort: string | undefined) => void
  onFilter: (condition: Condition) => void
  onOpen: () => void
  onCopy: () => void
}

/** Virtual rows over server pages with a cell cursor; only what is on screen is asked for and kept in the page. */
export function TableGrid({
  scroll,
  source,
  columns,
  count,
  total,
  sample,
  selection,
  ...props
}: TableGridProps) {
  const { onSelect, onSort, onFilter, onOpen, onCopy } = props
  const grid = useId()
  const rows = useVirtualizer({
    count,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    // The head covers as much of what is scrolled to.
    scrollPaddingEnd: HEAD_HEIGHT,
  })
  const shown = rows.getVirtualItems()
  const pages = usePages(source, shown.at(0)?.index ?? 0, shown.at(-1)?.index ?? 0)
  const { widths, resize } = useKeptWidths(columns, sample)
  const layout = useMemo(() => rowLayout(widths), [widths])
  const range = selection ? rangeOf(selection) : NOTHING
  const at = selection?.at
  const pointer = useCellPointer(selection, columns.length, onSelect)

  useEffect(() => {
    if (!at) return
    rows.scrollToIndex(at.row)
    document
      .getElementById(cellId(grid, at.row, at.column))
      ?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [at, rows, grid])

  const keys = (event: KeyboardEvent) => {
    // Heads have keys of their own.
    if (event.target !== scroll.current || event.altKey) return
    const mod = event.ctrlKey || event.metaKey
    const key = event.key.toLowerCase()
    const page = Math.max(1, Math.floor(((scroll.current?.clientHeight ?? 0) - HEAD_HEIGHT) / ROW_HEIGHT) - 1)
    const next = moved(
      selection,
      { key: event.key, shiftKey: event.shiftKey, mod },
      { rows: count, columns: columns.length, page },
    )
    if (next) onSelect(next)
    else if (mod && key === 'c' && selection) onCopy()
    else if (mod && key === 'a' && count > 0) {
      onSelect({ from: { row: 0, column: 0 }, at: { row: count - 1, column: columns.length - 1 } })
    } else if (key === 'enter' && selection) onOpen()
    else if (key === 'escape' && selection) onSelect(null)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <>
      {pages.error ? (
        <div className={classes.failed}>
          <ErrorNote title={t.rowsFailed} error={pages.error} onRetry={pages.retry} />
        </div>
      ) : null}
      <div
        ref={scroll}
        className={classes.scroll}
        tabIndex={0}
        role="grid"
        aria-label={words.runs.previewTable}
        aria-description={t.keys}
        aria-multiselectable
        aria-rowcount={total + 1}
        aria-colcount={columns.length + 1}
        aria-activedescendant={at ? cellId(grid, at.row, at.column) : undefined}
        onKeyDown={keys}
        onDoubleClick={(event) => {
          if (event.target instanceof Element && event.target.closest('[data-column]')) onOpen()
        }}
        {...pointer}
      >
        <div role="rowgroup" className={classes.headGroup} style={{ width: layout.width }}>
          <div
            role="row"
            aria-rowindex={1}
            className={classes.row}
            style={{ gridTemplateColumns: layout.columns }}
          >
            <span role="columnheader" aria-colindex={1} className={classes.number}>
              #
            </span>
            {columns.map((column, place) => (
              <ColumnHead
                key={column.name}
                source={source}
                column={column}
                place={place}
                width={widths[place]?.width ?? 0}
                onResize={resize}
                onSort={onSort}
                onFilter={onFilter}
              />
            ))}
          </div>
        </div>
        <div
          role="rowgroup"
          className={classes.body}
          style={{ width: layout.width, height: rows.getTotalSize() }}
        >
          {shown.map(({ index, start }) => {
            const inside = index >= range.top && index <= range.bottom
            return (
              <GridRow
                key={index}
                grid={grid}
                columns={columns}
                template={layout.columns}
                index={index}
                start={start}
                row={pages.rowAt(index)}
                left={inside ? range.left : 0}
                right={inside ? range.right : -1}
                current={at?.row === index ? at.column : -1}
              />
            )
          })}
        </div>
      </div>
    </>
  )
}

/** All rows share one set of widths; what is left over goes to the columns that nobody has set. */
function rowLayout(widths: readonly { width: number; set: boolean }[]): { width: string; columns: string } {
  const total = widths.reduce((sum, { width }) => sum + width, NUMBER_WIDTH)
  const tracks = widths.map(({ width, set }) => (set ? `${width}px` : `minmax(${width}px, 1fr)`))
  return { width: `max(100%, ${total}px)`, columns: `${NUMBER_WIDTH}px ${tracks.join(' ')}` }
}

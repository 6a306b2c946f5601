import { useQueries } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef, useState } from 'react'
import { OUTPUT_PAGE, type OutputRequest, outputPageQuery } from '~/api/executions'
import type { Column } from '~/api/types'
import { words } from '~/i18n'
import { formatCount } from '~/ui/format'
import { Cell } from './Cell'
import { ColumnHead } from './ColumnHead'
import { columnWidths } from './columnWidths'
import classes from './TablePreview.module.css'

const t = words.runs
const ROW_HEIGHT = 28
/** Browsers cap the height of an element; beyond this many rows the preview says that it ends. */
const MOST_ROWS = 500_000

interface TablePreviewProps {
  source: OutputRequest
  columns: Column[]
  total: number
  /** First rows, for the widths. */
  sample: Record<string, unknown>[]
}

/** A table output: virtual rows over server pages; only what is on screen is asked for and kept in the page. */
export function TablePreview({ source, columns, total, sample }: TablePreviewProps) {
  const scroll = useRef<HTMLDivElement>(null)
  const [sort, setSort] = useState<string | undefined>(undefined)
  const count = Math.min(total, MOST_ROWS)
  const rows = useVirtualizer({
    count,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  })
  const shown = rows.getVirtualItems()
  const cellAt = usePages({ ...source, sort }, shown.at(0)?.index ?? 0, shown.at(-1)?.index ?? 0)
  const widths = useMemo(() => columnWidths(columns, sample), [columns, sample])
  const layout = useMemo(() => rowLayout(widths), [widths])

  return (
    <div className={classes.frame}>
      <div className={classes.summary}>
        <strong>{t.rows(formatCount(total), total)}</strong>
        <span>{t.columns(columns.length)}</span>
        {total > MOST_ROWS ? <span>{t.onlyFirst(formatCount(MOST_ROWS))}</span> : null}
      </div>
      <div
        ref={scroll}
        className={classes.scroll}
        tabIndex={0}
        role="table"
        aria-label={t.previewTable}
        aria-rowcount={total + 1}
        aria-colcount={columns.length + 1}
      >
        <div role="rowgroup" className={classes.headGroup} style={{ width: layout.width }}>
          <div role="row" className={classes.row} style={{ gridTemplateColumns: layout.columns }}>
            <span role="columnheader" className={classes.number}>
              #
            </span>
            {columns.map((column) => (
              <ColumnHead key={column.name} source={source} column={column} sort={sort} onSort={setSort} />
            ))}
          </div>
        </div>
        <div
          role="rowgroup"
          className={classes.body}
          style={{ width: layout.width, height: rows.getTotalSize() }}
        >
          {shown.map(({ index, start }) => {
            const row = cellAt(index)
            return (
              <div
                key={index}
                role="row"
                aria-rowindex={index + 2}
                className={classes.row}
                data-line
                style={{ gridTemplateColumns: layout.columns, transform: `translateY(${start}px)` }}
              >
                <span role="rowheader" className={classes.number}>
                  {formatCount(index + 1)}
                </span>
                {columns.map((column) => (
                  <Cell key={column.name} column={column} value={row?.[column.name]} waiting={!row} />
                ))}
              </div>
            )
          })}
        </div>
        {total === 0 ? <div className={classes.empty}>{t.emptyTable}</div> : null}
      </div>
    </div>
  )
}

const NUMBER_WIDTH = 56

/** All rows share one set of widths; what is left over goes to all columns alike. */
function rowLayout(widths: readonly number[]): { width: string; columns: string } {
  const total = widths.reduce((sum, width) => sum + width, NUMBER_WIDTH)
  return {
    width: `max(100%, ${total}px)`,
    columns: `${NUMBER_WIDTH}px ${widths.map((width) => `minmax(${width}px, 1fr)`).join(' ')}`,
  }
}

/** The pages between two rows, and a look-up of a row in them; undefined while its page is on its way. */
function usePages(source: OutputRequest, first: number, last: number) {
  const from = Math.floor(first / OUTPUT_PAGE)
  const to = Math.floor(last / OUTPUT_PAGE)
  const pages = useQueries({
    queries: Array.from({ length: to - from + 1 }, (_, index) => outputPageQuery(source, from + index)),
  })
  return (index: number): Record<string, unknown> | undefined => {
    const page = pages[Math.floor(index / OUTPUT_PAGE) - from]?.data
    return page?.kind === 'table' ? page.items[index % OUTPUT_PAGE] : undefined
  }
}

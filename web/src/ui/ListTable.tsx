import {
  type CSSProperties,
  type MouseEvent,
  type ReactNode,
  type Ref,
  useCallback,
  useEffect,
  useRef,
} from 'react'
import { type ListColumn, ListRow } from './ListRow'
import classes from './ListTable.module.css'
import { allOrNone, extended, type Selection, toggled } from './selection'
import { useListFocus } from './useListFocus'
import { type Density, useListRows } from './useListRows'

export type { ListColumn } from './ListRow'

export interface ListSelection<Row> {
  value: Selection
  onChange: (next: Selection) => void
  /** What the box of a row is called. */
  label: (row: Row) => string
  allLabel: string
}

interface ListTableProps<Row> {
  label: string
  /** The same array as long as nothing changes, so that rows render with their own row only. */
  columns: readonly ListColumn<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  /** A click anywhere on the row; the row's main link (`data-main`) does the same for the keyboard. */
  onOpen?: (row: Row) => void
  /** What is shown in place of a row: its newest state. Asked for the rows on screen only. */
  latest?: (row: Row) => Row
  /** Why a row no longer belongs into the list; it stays where it is, so that nothing jumps. */
  gone?: (row: Row) => string | undefined
  selection?: ListSelection<Row>
  density?: Density
  /** Few rows are left below what is on screen: time to fetch more. */
  onNearEnd?: () => void
  scrollRef?: Ref<HTMLDivElement>
  /** Below the last row, inside the scrolling part. */
  footer?: ReactNode
}

/** So many rows below the screen are fetched ahead, as far as there are as many again. */
const AHEAD = 300

const widths = ({ width, narrow = width }: { width?: number; narrow?: number }) =>
  ({
    '--wide': width === undefined ? 'auto' : `${width}px`,
    '--narrow': narrow === undefined ? 'auto' : `${narrow}px`,
  }) as CSSProperties

const isControl = (target: EventTarget): boolean =>
  target instanceof Element && target.closest('a, button, input, label, [role="menu"]') !== null

/**
 * The one dense list style: sticky head, actions show on hover, only rows near the screen are in the page.
 *
 * Keys: up, down, Page up and down, Home and End move between rows, Enter opens; where rows can be ticked, Space ticks,
 * Shift with the moving keys or a click reaches from the last one, Escape unticks all.
 */
export function ListTable<Row>(props: ListTableProps<Row>) {
  const { label, columns, rows, rowKey, onOpen, latest, gone, selection, density = 'normal', footer } = props
  const list = useListRows(rows.length, density)
  const now = useRef({ rows, rowKey, selection })
  now.current = { rows, rowKey, selection }

  const tick = useCallback((index: number, reach: boolean) => {
    const { rows, rowKey, selection } = now.current
    const row = rows[index]
    if (!row || !selection) return
    const { value, onChange } = selection
    onChange(reach ? extended(value, rows.map(rowKey), rowKey(row)) : toggled(value, rowKey(row)))
  }, [])
  const focus = useListFocus({
    list,
    count: rows.length,
    onOpen: (index) => rows[index] && onOpen?.(rows[index]),
    onTick: selection ? tick : undefined,
    onUntick: selection?.value.ids.size
      ? () => selection.onChange(allOrNone(selection.value, []))
      : undefined,
  })

  const { onNearEnd, scrollRef } = props
  const last = list.shown.at(-1) ?? -1
  const near = rows.length > 0 && last >= rows.length - Math.min(AHEAD, Math.ceil(rows.length / 2))
  // With each page anew: one page may not be enough.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above.
  useEffect(() => {
    if (near) onNearEnd?.()
  }, [near, onNearEnd, rows.length])

  const scroll = useCallback(
    (element: HTMLDivElement | null) => {
      list.scroll.current = element
      if (typeof scrollRef === 'function') scrollRef(element)
      else if (scrollRef) scrollRef.current = element
    },
    [list.scroll, scrollRef],
  )
  const open = (event: MouseEvent) => {
    // React tells of clicks in dialogs that a row has opened too; they are not in it.
    if (!(event.target instanceof Element) || !event.currentTarget.contains(event.target)) return
    const row = rows[Number(event.target.closest('tr')?.dataset.index)]
    if (row && !isControl(event.target)) onOpen?.(row)
  }
  const style = {
    '--row-height': `${list.rowHeight}px`,
    '--above': `${list.above}px`,
    '--below': `${list.below}px`,
  } as CSSProperties

  return (
    // Where no row takes the focus, keys scroll the list itself.
    <div
      className={classes.scroll}
      ref={scroll}
      style={style}
      tabIndex={onOpen || selection ? -1 : 0}
      {...focus}
    >
      <table
        className={classes.table}
        aria-label={label}
        aria-rowcount={rows.length + 1}
        data-density={density}
        data-above={list.above > 0 || undefined}
        data-below={list.below > 0 || undefined}
      >
        <colgroup>
          {selection ? <col className={classes.tickColumn} /> : null}
          {columns.map((column) => (
            <col key={column.key} className={classes.column} style={widths(column)} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {selection ? (
              <th scope="col" className={classes.tick}>
                <AllBox selection={selection} all={rows} rowKey={rowKey} />
              </th>
            ) : null}
            {columns.map((column) => (
              <th key={column.key} scope="col" data-align={column.align}>
                <span className={column.hideHead ? classes.hidden : undefined}>{column.head}</span>
              </th>
            ))}
          </tr>
        </thead>
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: a row's main link does the same for the keyboard. */}
        <tbody onClick={open}>
          {list.shown.map((index) => {
            const stored = rows[index]
            if (stored === undefined) return null
            const row = latest ? latest(stored) : stored
            const key = rowKey(row)
            return (
              <ListRow
                key={key}
                row={row}
                index={index}
                columns={columns}
                opens={onOpen !== undefined}
                gone={gone?.(row)}
                tick={selection?.label(row)}
                ticked={selection?.value.ids.has(key) ?? false}
                onTick={tick}
              />
            )
          })}
        </tbody>
      </table>
      {footer}
    </div>
  )
}

interface AllBoxProps<Row> {
  selection: ListSelection<Row>
  all: readonly Row[]
  rowKey: (row: Row) => string
}

/** Ticks every row that is loaded, or none. */
function AllBox<Row>({ selection, all, rowKey }: AllBoxProps<Row>) {
  const { value, onChange, allLabel } = selection
  const every = all.length > 0 && value.ids.size >= all.length
  return (
    <label className={classes.box}>
      <input
        type="checkbox"
        aria-label={allLabel}
        checked={every}
        ref={(box) => {
          if (box) box.indeterminate = value.ids.size > 0 && !every
        }}
        onChange={() => onChange(allOrNone(value, all.map(rowKey)))}
      />
    </label>
  )
}

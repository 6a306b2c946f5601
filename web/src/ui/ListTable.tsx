import type { CSSProperties, KeyboardEvent, MouseEvent, ReactNode, Ref } from 'react'
import classes from './ListTable.module.css'

export interface ListColumn<Row> {
  key: string
  head: string
  /** In pixels; one column without a width takes what is left. */
  width?: number
  /** The width where the table has little room, so that the last one keeps some; `width` when not given. */
  narrow?: number
  align?: 'right'
  /** The visible head is left out; readers still hear it. */
  hideHead?: boolean
  cell: (row: Row) => ReactNode
}

interface ListTableProps<Row> {
  label: string
  columns: readonly ListColumn<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  /** A click anywhere on the row; the row's main link (`data-main`) does the same for the keyboard. */
  onOpen?: (row: Row) => void
  scrollRef?: Ref<HTMLDivElement>
  /** Below the last row, inside the scrolling part. */
  footer?: ReactNode
}

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  if (!(event.target instanceof HTMLElement) || !event.target.hasAttribute('data-main')) return
  const row = event.target.closest('tr')
  const next = event.key === 'ArrowDown' ? row?.nextElementSibling : row?.previousElementSibling
  const link = next?.querySelector<HTMLElement>('[data-main]')
  if (!link) return
  event.preventDefault()
  link.focus()
}

const widths = ({ width, narrow = width }: { width?: number; narrow?: number }) =>
  ({
    '--wide': width === undefined ? 'auto' : `${width}px`,
    '--narrow': narrow === undefined ? 'auto' : `${narrow}px`,
  }) as CSSProperties

const isControl = (target: EventTarget): boolean =>
  target instanceof Element && target.closest('a, button, input, label, [role="menu"]') !== null

/** The one dense list style: 36 px rows, sticky head, arrows move between rows, actions show on hover. */
export function ListTable<Row>(props: ListTableProps<Row>) {
  const { label, columns, rows, rowKey, onOpen, scrollRef, footer } = props
  const open = (row: Row) => (event: MouseEvent) => {
    // React tells of clicks in dialogs that the row has opened too; they are not in it.
    const inRow = event.target instanceof Node && event.currentTarget.contains(event.target)
    if (onOpen && inRow && !isControl(event.target)) onOpen(row)
  }
  return (
    <div className={classes.scroll} ref={scrollRef}>
      <table className={classes.table} aria-label={label} onKeyDown={moveFocus}>
        <colgroup>
          {columns.map((column) => (
            <col key={column.key} className={classes.column} style={widths(column)} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" data-align={column.align}>
                <span className={column.hideHead ? classes.hidden : undefined}>{column.head}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} onClick={open(row)} data-open={onOpen ? true : undefined}>
              {columns.map((column) => (
                <td key={column.key} data-align={column.align}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {footer}
    </div>
  )
}

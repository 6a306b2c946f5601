import { type ChangeEvent, memo, type ReactNode } from 'react'
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
  /** May be left out by whoever looks at the list, and whether it is there at first; always there without it. */
  choice?: 'shown' | 'hidden'
  cell: (row: Row) => ReactNode
}

interface ListRowProps<Row> {
  row: Row
  index: number
  columns: readonly ListColumn<Row>[]
  opens: boolean
  /** Why the line no longer belongs here, though it stays where it is. */
  gone?: string | undefined
  /** What the box for ticking is called; there is none without it. */
  tick?: string | undefined
  ticked: boolean
  onTick: (index: number, reach: boolean) => void
}

/** One line; it renders anew with its own row only. */
function Line<Row>({ row, index, columns, opens, gone, tick, ticked, onTick }: ListRowProps<Row>) {
  const change = (event: ChangeEvent<HTMLInputElement>) => {
    const click = event.nativeEvent
    onTick(index, click instanceof MouseEvent && click.shiftKey)
  }
  return (
    <tr
      data-index={index}
      aria-rowindex={index + 2}
      data-open={opens ? true : undefined}
      data-gone={gone ? true : undefined}
      data-ticked={ticked || undefined}
      title={gone}
    >
      {tick === undefined ? null : (
        <td className={classes.tick}>
          <label className={classes.box}>
            <input type="checkbox" aria-label={tick} checked={ticked} onChange={change} data-tick />
          </label>
        </td>
      )}
      {columns.map((column) => (
        <td key={column.key} data-align={column.align}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  )
}

export const ListRow = memo(Line) as typeof Line

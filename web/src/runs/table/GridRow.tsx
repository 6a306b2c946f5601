import { memo } from 'react'
import type { Column } from '~/api/types'
import { formatCount } from '~/ui/format'
import { Cell } from '../Cell'
import classes from '../TablePreview.module.css'
import type { Row } from './usePages'

interface GridRowProps {
  grid: string
  columns: readonly Column[]
  template: string
  index: number
  start: number
  /** Undefined while its page is on its way. */
  row: Row | undefined
  /** The selected columns of this row, none where `left` is behind `right`. */
  left: number
  right: number
  /** The column that has the keyboard, -1 where it is in another row. */
  current: number
}

export const cellId = (grid: string, row: number, column: number): string => `${grid}-${row}-${column}`

export const GridRow = memo(function GridRow(props: GridRowProps) {
  const { grid, columns, template, index, start, row, left, right, current } = props
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={classes.row}
      data-line={index}
      style={{ gridTemplateColumns: template, transform: `translateY(${start}px)` }}
    >
      <span role="rowheader" aria-colindex={1} className={classes.number}>
        {formatCount(index + 1)}
      </span>
      {columns.map((column, place) => (
        <Cell
          key={column.name}
          id={cellId(grid, index, place)}
          column={column}
          place={place}
          value={row?.[column.name]}
          waiting={!row}
          selected={place >= left && place <= right}
          current={place === current}
        />
      ))}
    </div>
  )
})

import { memo } from 'react'
import type { Column } from '~/api/types'
import { cellText } from './cellText'
import { isNumeric } from './columnWidths'
import classes from './TablePreview.module.css'

interface CellProps {
  id: string
  column: Column
  place: number
  value: unknown
  /** Its page is on its way. */
  waiting: boolean
  selected: boolean
  /** It has the keyboard. */
  current: boolean
}

export const Cell = memo(function Cell({ id, column, place, value, waiting, selected, current }: CellProps) {
  const text = waiting ? '' : cellText(value, column.type)
  return (
    <span
      id={id}
      role="gridcell"
      aria-colindex={place + 2}
      aria-selected={selected}
      className={classes.cell}
      data-column={place}
      data-current={current || undefined}
      data-null={value === null || undefined}
      data-numeric={isNumeric(column.type) || undefined}
      title={text.length > 30 ? text.slice(0, 1000) : undefined}
    >
      {waiting ? <span className={classes.ghost} /> : text.slice(0, MOST_SHOWN)}
    </span>
  )
})

/** No cell is wider; what is longer opens on its own. */
const MOST_SHOWN = 500

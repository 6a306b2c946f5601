import { memo } from 'react'
import type { Column } from '~/api/types'
import { cellText } from './cellText'
import { isNumeric } from './columnWidths'
import classes from './TablePreview.module.css'

interface CellProps {
  column: Column
  value: unknown
  /** Its page is on its way. */
  waiting: boolean
}

export const Cell = memo(function Cell({ column, value, waiting }: CellProps) {
  if (waiting) {
    return (
      <span role="cell" className={classes.cell}>
        <span className={classes.ghost} />
      </span>
    )
  }
  const text = cellText(value, column.type)
  return (
    <span
      role="cell"
      className={classes.cell}
      data-null={value === null || value === undefined || undefined}
      data-numeric={isNumeric(column.type) || undefined}
      title={text.length > 30 ? text : undefined}
    >
      {text}
    </span>
  )
})

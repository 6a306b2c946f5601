import type { ReactNode } from 'react'
import classes from './forms.module.css'

/** A line below a control: help in grey, or what is wrong. */
export function FieldNote({ tone, children }: { tone?: 'error' | 'warning'; children: ReactNode }) {
  if (!tone) return <div className={classes.help}>{children}</div>
  return (
    <div className={classes.problem} data-severity={tone} role="status">
      {children}
    </div>
  )
}

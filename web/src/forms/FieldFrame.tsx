import type { ReactNode } from 'react'
import type { Problem } from '~/model/workflow'
import classes from './forms.module.css'

export interface FrameIds {
  control: string
  label: string
  help: string
}

export const frameIds = (id: string): FrameIds => ({ control: id, label: `${id}-label`, help: `${id}-help` })

interface FieldFrameProps {
  ids: FrameIds
  pointer: string
  label: string
  description: string
  required: boolean
  problems: readonly Problem[]
  /** Stands at the right of the label: the fixed/expression switch. */
  aside?: ReactNode
  /** A group of controls has a legend in place of a label. */
  group?: boolean
  children: ReactNode
}

/** Label above, control, help below in grey, then what is wrong with it. */
export function FieldFrame({
  ids,
  pointer,
  label,
  description,
  required,
  problems,
  aside,
  group,
  children,
}: FieldFrameProps) {
  const worst = problems.some((problem) => problem.severity === 'error')
    ? 'error'
    : problems.length > 0
      ? 'warning'
      : undefined
  const Label = group ? 'span' : 'label'
  return (
    <div
      className={classes.field}
      data-pointer={pointer}
      data-worst={worst}
      role={group ? 'group' : undefined}
      aria-labelledby={group ? ids.label : undefined}
    >
      <div className={classes.labelRow}>
        <Label
          id={ids.label}
          htmlFor={group ? undefined : ids.control}
          className={classes.label}
          data-required={required || undefined}
        >
          {label}
        </Label>
        {aside}
      </div>
      {children}
      {description ? (
        <div id={ids.help} className={classes.help}>
          {description}
        </div>
      ) : null}
      {problems.map((problem) => (
        <div
          key={`${problem.code} ${problem.message}`}
          className={classes.problem}
          data-severity={problem.severity}
          role="alert"
        >
          {problem.message}
          {problem.fix ? <span className={classes.fix}> {problem.fix}</span> : null}
        </div>
      ))}
    </div>
  )
}

import type { HTMLAttributes, KeyboardEvent, ReactNode, Ref } from 'react'
import type { Problem } from '~/model/workflow'
import { InlineText } from '~/ui/InlineText'
import type { Carried } from './dragging'
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
  /** In a row of a list: the label is for screen readers, the switch stands beside the control. */
  row?: boolean
  /** Called when the focus goes elsewhere. */
  onLeave?(): void
  onKeyDownCapture?(event: KeyboardEvent): void
  /** Names of the data that it takes, dropped on it or from a menu. */
  takes?: readonly Carried['kind'][]
  host?: Ref<HTMLDivElement>
  /** Something that it takes hangs over it. */
  over?: boolean
  handlers?: Pick<HTMLAttributes<HTMLDivElement>, 'onDragOver' | 'onDragLeave' | 'onDropCapture'>
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
  row,
  onLeave,
  onKeyDownCapture,
  takes,
  host,
  over,
  handlers,
  children,
}: FieldFrameProps) {
  const worst = problems.some((problem) => problem.severity === 'error')
    ? 'error'
    : problems.length > 0
      ? 'warning'
      : undefined
  const Label = group ? 'span' : 'label'
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only learns that the focus has left what is inside.
    <div
      ref={host}
      className={classes.field}
      data-takes={takes && takes.length > 0 ? takes.join(' ') : undefined}
      data-label={label}
      data-over={over || undefined}
      onKeyDownCapture={onKeyDownCapture}
      data-pointer={pointer}
      data-worst={worst}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) onLeave?.()
      }}
      {...handlers}
      {...(group ? { role: 'group', 'aria-labelledby': ids.label } : {})}
    >
      <div className={classes.labelRow} data-row={row || undefined}>
        <Label
          id={ids.label}
          htmlFor={group ? undefined : ids.control}
          className={classes.label}
          data-required={required || undefined}
          data-hidden={row || undefined}
        >
          {label}
        </Label>
        {row ? <div className={classes.grow}>{children}</div> : null}
        {aside}
      </div>
      {row ? null : children}
      {description ? (
        <div id={ids.help} className={classes.help}>
          <InlineText text={description} />
        </div>
      ) : null}
      {problems.map((problem) => (
        <div
          key={`${problem.code} ${problem.message}`}
          className={classes.problem}
          data-severity={problem.severity}
          role="alert"
        >
          <InlineText text={problem.message} />
          {problem.fix ? (
            <span className={classes.fix}>
              {' '}
              <InlineText text={problem.fix} />
            </span>
          ) : null}
        </div>
      ))}
    </div>
  )
}

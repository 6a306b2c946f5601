import { words } from '~/i18n'
import classes from './StatusBadge.module.css'
import { STATUS, type Status, statusVar } from './tokens'

interface StatusBadgeProps {
  status: Status
  /** `dot` = icon + word in a line of text; `pill` = the same on its tint; `icon` = icon alone, named for readers. */
  variant?: 'dot' | 'pill' | 'icon'
  /** Replaces the word, e.g. "Retrying 3/4". */
  label?: string
  size?: number
}

/** A status as icon and word: colour is never the only sign. */
export function StatusBadge({ status, variant = 'dot', label, size = 14 }: StatusBadgeProps) {
  const { icon: Icon } = STATUS[status]
  const word = label ?? words.status[status]
  const mark = (
    <span className={classes.mark} data-status={status} style={{ width: size + 4, height: size + 4 }}>
      <Icon size={size - 1} stroke={2.2} aria-hidden />
    </span>
  )
  const style = { '--badge-color': statusVar(status) } as React.CSSProperties
  if (variant === 'icon') {
    return (
      <span className={classes.badge} style={style} role="img" aria-label={word} title={word}>
        {mark}
      </span>
    )
  }
  return (
    <span className={classes.badge} data-variant={variant} style={style}>
      {mark}
      <span className={classes.word}>{word}</span>
    </span>
  )
}

import { IconBan } from '@tabler/icons-react'
import { words } from '~/i18n'
import { type NodeRunView, shownStatus } from '~/runs/fold'
import { lostItems } from '~/runs/items'
import { LostMark } from '~/runs/LostMark'
import { StatusBadge } from '~/ui/StatusBadge'
import classes from './WorkflowNode.module.css'

interface NodeStatusMarkProps {
  run: NodeRunView | undefined
  maximumAttempts: number | null
  disabled: boolean
}

/** The sign at the right of a card: status, the try it is at, or that the node is switched off. */
export function NodeStatusMark({ run, maximumAttempts, disabled }: NodeStatusMarkProps) {
  if (disabled) return <IconBan size={14} stroke={1.8} aria-label={words.editor.disabled} role="img" />
  if (!run || run.status === 'pending') return null
  const tried = run.attempt > 1 || run.status === 'retrying'
  const lost = lostItems(run)
  return (
    <span className={classes.mark}>
      {/* First: zoomed out only one is shown, and the edge of the card tells the status. */}
      {lost ? <LostMark items={lost} /> : null}
      <StatusBadge
        status={shownStatus(run)}
        variant="icon"
        size={13}
        label={shownStatus(run) === 'reused' && run.reused?.pinned ? words.pins.origin.mark : undefined}
      />
      {tried ? <span>{maximumAttempts ? `${run.attempt}/${maximumAttempts}` : run.attempt}</span> : null}
    </span>
  )
}

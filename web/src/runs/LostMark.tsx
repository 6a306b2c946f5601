import { IconAlertTriangle } from '@tabler/icons-react'
import type { ItemCounts } from '~/api/types'
import { words } from '~/i18n'
import { formatCount } from '~/ui/format'
import classes from './LostMark.module.css'

const t = words.runs.items

/** That a loop has lost some of its items, beside a status that does not say so. */
export function LostMark({ items, size = 14 }: { items: ItemCounts; size?: number }) {
  const said = t.lostHelp(formatCount(items.failed), formatCount(items.total))
  return (
    <span className={classes.mark} role="img" aria-label={said} title={said}>
      <IconAlertTriangle size={size} stroke={2.2} aria-hidden />
    </span>
  )
}

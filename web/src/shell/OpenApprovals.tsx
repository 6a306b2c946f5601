import { useQuery } from '@tanstack/react-query'
import { MOST_COUNTED, openApprovalsQuery } from '~/api/approvals'
import { words } from '~/i18n'
import classes from './Rail.module.css'

/** How many approvals wait for an answer; nothing when none does. */
export function OpenApprovals() {
  const { data: count = 0 } = useQuery(openApprovalsQuery())
  if (count === 0) return null
  const text = count > MOST_COUNTED ? `${MOST_COUNTED}+` : String(count)
  return (
    <span className={classes.count} role="img" aria-label={words.approvals.open(text, count)}>
      {text}
    </span>
  )
}

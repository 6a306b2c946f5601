import type { ApprovalStatus } from '~/api/approvals'
import { words } from '~/i18n'
import { StatusBadge } from '~/ui/StatusBadge'
import type { Status } from '~/ui/tokens'

const AS: Readonly<Record<ApprovalStatus, Status>> = {
  open: 'waiting',
  approved: 'succeeded',
  rejected: 'failed',
  expired: 'interrupted',
  withdrawn: 'cancelled',
}

/** The state of an approval as icon and word. */
export function ApprovalBadge({ status, variant }: { status: ApprovalStatus; variant?: 'dot' | 'pill' }) {
  return <StatusBadge status={AS[status]} variant={variant} label={words.approvals.status[status]} />
}

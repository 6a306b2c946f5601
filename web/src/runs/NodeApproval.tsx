import { useQuery } from '@tanstack/react-query'
import { approvalQuery } from '~/api/approvals'
import { ApprovalView } from '~/approvals/ApprovalView'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import type { NodeRunView } from './fold'

/** The question that a node asks, to be answered in place. */
export function NodeApproval({ view }: { view: NodeRunView }) {
  const id = view.approval
  // Answered here or elsewhere: the node's new status asks for it anew.
  const query = useQuery({ ...approvalQuery(id ?? ''), enabled: id !== null, staleTime: 0 })
  if (id === null) return null
  return (
    <>
      {query.error ? <ErrorNote title={words.approvals.oneFailed} error={query.error} /> : null}
      {query.data ? <ApprovalView key={`${id} ${view.status}`} approval={query.data} inRun /> : null}
    </>
  )
}

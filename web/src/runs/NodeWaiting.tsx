import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { waitingQuery } from '~/api/control'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { shortId } from '~/ui/format'
import { isEnded, type NodeRunView } from './fold'
import classes from './NodeRunPanel.module.css'

const MAY_WAIT = new Set(['pending', 'running', 'waiting', 'retrying'])

interface NodeWaitingProps {
  execution: Execution
  node: string
  view: NodeRunView | undefined
}

/** Why a node has not ended: the rule in words, and the runs that hold what it waits for. */
export function NodeWaiting({ execution, node, view }: NodeWaitingProps) {
  const asks = view !== undefined && MAY_WAIT.has(view.status) && !isEnded(execution.status)
  const found = useQuery({ ...waitingQuery(execution.id), enabled: asks })
  const waiting = asks ? found.data?.nodes[node] : null
  if (!waiting) return null
  return (
    <p className={classes.quiet} role="status">
      {waiting.message}
      {runsOf(waiting.holders, execution.id).map((id) => (
        <span key={id}>
          {' · '}
          <Link to="/runs/$id" params={{ id }}>
            {words.runs.waitingRun} {shortId(id)}
          </Link>
        </span>
      ))}
    </p>
  )
}

/** Holders are `<run>/<node>`, or nodes of the run itself. */
const runsOf = (holders: readonly string[], self: string): string[] => [
  ...new Set(
    holders
      .map((holder) => holder.split('/')[0] ?? '')
      .filter((id) => id !== self && /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(id)),
  ),
]

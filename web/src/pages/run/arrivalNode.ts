import type { Execution } from '~/api/types'

/** The node to select on arrival: the one the error names, else the first that failed; nothing if none did. */
export function arrivalNode(execution: Execution): string | null {
  const named = execution.error?.node
  if (named && execution.nodes[named]) return named
  const failed = Object.values(execution.nodes).filter((run) => run.status === 'failed')
  const end = (at: string | null) => (at ? Date.parse(at) : Number.POSITIVE_INFINITY)
  failed.sort((left, right) => end(left.ended_at) - end(right.ended_at))
  return failed[0]?.node ?? null
}

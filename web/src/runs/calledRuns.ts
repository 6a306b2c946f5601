import type { Execution, ExecutionStatus } from '~/api/types'

export interface Call {
  node: string
  execution: string
}

/** The runs that the nodes of a run called, in the order of its graph. */
export const callsOf = ({ nodes }: Pick<Execution, 'nodes'>): Call[] =>
  Object.values(nodes).flatMap(({ node, items, children }) =>
    items?.kind === 'call' ? children.map(({ execution }) => ({ node, execution })) : [],
  )

/** What matters most of several first. */
const ORDER: readonly ExecutionStatus[] = [
  'failed',
  'interrupted',
  'running',
  'queued',
  'paused',
  'waiting',
  'cancelled',
  'succeeded',
]

/** The status of a run and all that it called in one word. */
export const rolledUp = (statuses: readonly ExecutionStatus[]): ExecutionStatus | null =>
  ORDER.find((status) => statuses.includes(status)) ?? null

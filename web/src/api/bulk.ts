import { queryOptions, useMutation } from '@tanstack/react-query'
import { client, take } from './client'
import { REQUESTS, statusesFor } from './control'
import { type ExecutionFilter, executionKeys } from './executions'
import { asked } from './timeRange'
import type { BulkRequest, ExecutionStatus } from './types'

/** What may be asked of many runs: the requests to each, or a new run like each. */
export const BULK_ACTIONS = [...REQUESTS, 'replay'] as const
export type BulkAction = (typeof BULK_ACTIONS)[number]

/** The server takes no more ids than this. */
export const MOST_IDS = 10_000

const FINAL: readonly ExecutionStatus[] = ['succeeded', 'failed', 'cancelled', 'interrupted']

/** The statuses in which it can be asked. */
export const bulkStatuses = (action: BulkAction): readonly ExecutionStatus[] =>
  action === 'replay' ? FINAL : statusesFor(action)

/** Those that are meant when no status is named: a retry of many is not for what was cancelled on purpose. */
const meant = (action: BulkAction): readonly ExecutionStatus[] =>
  action === 'retry' ? ['failed', 'interrupted'] : bulkStatuses(action)

/** To the chosen runs in whatever of the fitting statuses, or to all that the filter lets through. */
export function bulkRequest(
  action: BulkAction,
  of: { ids: readonly string[] } | { filter: ExecutionFilter },
  now: number,
): BulkRequest {
  if ('ids' in of) return { action, ids: [...of.ids], status: [...bulkStatuses(action)], dry_run: false }
  const { status, ...others } = asked(of.filter, now)
  return { action, ...others, status: [...(status ?? meant(action))], dry_run: false }
}

const bulk = (body: BulkRequest) => take(client.POST('/api/v1/executions/bulk', { body }))

/** How many runs a request to many would reach now. */
export const bulkCountQuery = (body: BulkRequest) =>
  queryOptions({
    queryKey: [...executionKeys.all, 'bulk', body] as const,
    queryFn: async () => (await bulk({ ...body, dry_run: true })).matched,
    staleTime: 0,
    gcTime: 0,
  })

export const useBulk = () => useMutation({ mutationFn: bulk })

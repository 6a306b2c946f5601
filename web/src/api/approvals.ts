import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { client, take } from './client'
import type { Approval, Decision } from './types'

export type ApprovalStatus = Approval['status']
export type ApprovalFilter = ApprovalStatus | 'all'
export const APPROVAL_FILTERS: readonly ApprovalFilter[] = [
  'open',
  'approved',
  'rejected',
  'expired',
  'withdrawn',
  'all',
]

/** The badge shows no larger number; counting further would cost more than it tells. */
export const MOST_COUNTED = 99

export const approvalKeys = {
  all: ['approvals'] as const,
  list: (status: ApprovalFilter) => ['approvals', 'list', status] as const,
  one: (id: string) => ['approvals', 'one', id] as const,
}

/** New ones come with the runs' events; this is for what ends without one, such as time-outs elsewhere. */
const REFRESH_INTERVAL = 30_000

export const approvalsQuery = (status: ApprovalFilter) =>
  infiniteQueryOptions({
    queryKey: approvalKeys.list(status),
    queryFn: ({ pageParam, signal }) =>
      take(client.GET('/api/v1/approvals', { params: { query: { status, before: pageParam } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: REFRESH_INTERVAL,
  })

/** How many wait for an answer, at most one more than `MOST_COUNTED`. */
export const openApprovalsQuery = () =>
  queryOptions({
    queryKey: [...approvalKeys.all, 'open'] as const,
    queryFn: async ({ signal }) => {
      const query = { status: 'open' as const, limit: MOST_COUNTED + 1 }
      return (await take(client.GET('/api/v1/approvals', { params: { query }, signal }))).items.length
    },
    refetchInterval: REFRESH_INTERVAL,
  })

export const approvalQuery = (id: string) =>
  queryOptions({
    queryKey: approvalKeys.one(id),
    queryFn: ({ signal }) =>
      take(client.GET('/api/v1/approvals/{approval_id}', { params: { path: { approval_id: id } }, signal })),
  })

/** An answer is final. */
export function useDecide() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id, ...body }: { id: string } & Decision) =>
      take(client.POST('/api/v1/approvals/{approval_id}', { params: { path: { approval_id: id } }, body })),
    onSuccess: (approval) => queries.setQueryData(approvalKeys.one(approval.id), approval),
    // Somebody else may have been faster: then that is what shows.
    onSettled: () => queries.invalidateQueries({ queryKey: approvalKeys.all }),
  })
}

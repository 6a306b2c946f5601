import { queryOptions, useMutation } from '@tanstack/react-query'
import type { JsonObject } from '~/model/json'
import { client, take } from './client'
import { executionKeys } from './executions'
import type { BulkRequest, Execution, ExecutionStatus } from './types'

/** What may be asked of a run; its owner answers with events. */
export const REQUESTS = ['pause', 'resume', 'retry', 'cancel'] as const
export type Request = (typeof REQUESTS)[number]

/** What may be asked in which status, as the server has it. */
const POSSIBLE: Readonly<Record<ExecutionStatus, readonly Request[]>> = {
  queued: ['pause', 'cancel'],
  running: ['pause', 'cancel'],
  waiting: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  interrupted: ['resume', 'retry', 'cancel'],
  failed: ['retry'],
  cancelled: ['retry'],
  // Only from a node on: there is nothing that did not succeed.
  succeeded: [],
}

export const canAsk = (status: ExecutionStatus, request: Request): boolean =>
  POSSIBLE[status].includes(request)

/** The statuses in which it can be asked. */
export const statusesFor = (request: Request): ExecutionStatus[] =>
  (Object.keys(POSSIBLE) as ExecutionStatus[]).filter((status) => canAsk(status, request))

export interface RetryEdits {
  /** A node that runs again, with everything behind it, although it succeeded. */
  from?: string
  inputs?: JsonObject
}

export interface Steering extends RetryEdits {
  id: string
  request: Request
}

/** Durable when it resolves; what becomes of it comes as events. */
export function useSteerExecution() {
  return useMutation({
    mutationFn: ({ id, request, from, inputs }: Steering) => {
      const params = { path: { execution_id: id } }
      return request === 'retry'
        ? take(client.POST('/api/v1/executions/{execution_id}/retry', { params, body: { from, inputs } }))
        : take(client.POST(`/api/v1/executions/{execution_id}/${request}`, { params }))
    },
  })
}

const bulk = (body: BulkRequest) => take(client.POST('/api/v1/executions/bulk', { body }))

/** How many runs a request to many would reach now. */
export const bulkCountQuery = (body: BulkRequest) =>
  queryOptions({
    queryKey: ['executions', 'bulk', body] as const,
    queryFn: async () => (await bulk({ ...body, dry_run: true })).matched,
    staleTime: 0,
    gcTime: 0,
  })

export const useBulk = () => useMutation({ mutationFn: bulk })

/** Holders of places end without an event of this run, so it is asked for again while somebody looks. */
const WAITING_INTERVAL = 5_000

/** Why a run, and each of its nodes, has not ended. */
export const waitingQuery = (id: string) =>
  queryOptions({
    queryKey: executionKeys.waiting(id),
    queryFn: async ({ signal }) => {
      const params = { path: { execution_id: id } }
      const { waiting, nodes } = await take(
        client.GET('/api/v1/executions/{execution_id}', { params, signal }),
      )
      return { run: waiting, nodes: Object.fromEntries(Object.values(nodes).map((n) => [n.node, n.waiting])) }
    },
    staleTime: 1_000,
    refetchInterval: WAITING_INTERVAL,
  })

/** Start a new run of the same version with the same inputs; a repeated request with the same key starts one. */
export function useReplay() {
  return useMutation({
    mutationFn: ({ id, key }: { id: string; key: string }) =>
      take(
        client.POST('/api/v1/executions/{execution_id}/replay', {
          params: { path: { execution_id: id }, header: { 'idempotency-key': key } },
        }),
      ) as Promise<Execution>,
  })
}

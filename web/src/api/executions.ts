import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { JsonObject } from '~/model/json'
import { client, take } from './client'
import type { components } from './schema.gen'
import type { Execution, ExecutionStatus, OutputPage, RunPlan } from './types'

export interface ExecutionFilter {
  workflow?: string
  status?: ExecutionStatus
  /** Id of the backfill that started them. */
  backfill?: string
  /** Only those that another run called, or only the others. */
  called?: boolean
}

export const executionKeys = {
  all: ['executions'] as const,
  lists: () => ['executions', 'list'] as const,
  list: ({ workflow, status, backfill, called }: ExecutionFilter) =>
    ['executions', 'list', workflow ?? '', status ?? '', backfill ?? '', called ?? null] as const,
  one: (id: string) => ['executions', 'one', id] as const,
  outputs: (id: string) => ['executions', 'output', id] as const,
  output: (id: string, node: string, outlet: string) => ['executions', 'output', id, node, outlet] as const,
  items: (id: string) => ['executions', 'items', id] as const,
  waiting: (id: string) => ['executions', 'waiting', id] as const,
}

export const executionsQuery = ({ workflow, status, backfill, called }: ExecutionFilter, limit = 50) =>
  infiniteQueryOptions({
    queryKey: [...executionKeys.list({ workflow, status, backfill, called }), limit] as const,
    queryFn: ({ pageParam, signal }) =>
      take(
        client.GET('/api/v1/executions', {
          params: {
            query: { workflow, status: status && [status], backfill, called, before: pageParam, limit },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  })

export const executionQuery = (id: string) =>
  queryOptions({
    queryKey: executionKeys.one(id),
    queryFn: ({ signal }) =>
      take(
        client.GET('/api/v1/executions/{execution_id}', { params: { path: { execution_id: id } }, signal }),
      ) as Promise<Execution>,
  })

/** The journal after `after`; with `wait` (seconds) the server holds the answer until there is something. */
export const fetchEvents = (
  id: string,
  after: number,
  { wait, limit, signal }: { wait?: number; limit?: number; signal?: AbortSignal } = {},
) =>
  take(
    client.GET('/api/v1/executions/{execution_id}/events', {
      params: { path: { execution_id: id }, query: { after, wait, limit } },
      signal,
    }),
  )

export interface OutputRequest {
  execution: string
  node: string
  outlet: string
  /** Column name, with a leading `-` for descending. */
  sort?: string
  /** As it was after the event with this number. */
  at?: number | undefined
}

export const OUTPUT_PAGE = 200

/** One page of a node's output, from 0; a JSON or file output is one page. */
export const outputPageQuery = ({ execution, node, outlet, sort, at }: OutputRequest, page: number) =>
  queryOptions({
    queryKey: [...executionKeys.output(execution, node, outlet), sort ?? '', at ?? '', page] as const,
    queryFn: ({ signal }): Promise<OutputPage> =>
      take(
        client.GET('/api/v1/executions/{execution_id}/nodes/{node}/output', {
          params: {
            path: { execution_id: execution, node },
            query: { outlet, offset: page * OUTPUT_PAGE, limit: OUTPUT_PAGE, sort, at },
          },
          signal,
        }),
      ),
    // An output never changes once written, but by a retry: the run's feed forgets it then.
    staleTime: Number.POSITIVE_INFINITY,
  })

/** What is in one column of a table output. */
export const columnStatisticsQuery = ({ execution, node, outlet, at }: OutputRequest, column: string) =>
  queryOptions({
    queryKey: [...executionKeys.output(execution, node, outlet), 'statistics', at ?? '', column] as const,
    queryFn: ({ signal }) =>
      take(
        client.GET('/api/v1/executions/{execution_id}/nodes/{node}/output/statistics', {
          params: { path: { execution_id: execution, node }, query: { outlet, column: [column], at } },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  })

/** What the values of a node, and of all that it is based on, were made of; of the whole run without one. */
export const lineageQuery = (execution: string, node?: string) =>
  queryOptions({
    queryKey: [...executionKeys.outputs(execution), 'lineage', node ?? ''] as const,
    queryFn: ({ signal }) =>
      take(
        client.GET('/api/v1/executions/{execution_id}/lineage', {
          params: { path: { execution_id: execution }, query: { node } },
          signal,
        }),
      ),
  })

export interface StartExecution {
  workflow: string
  /** Left out: those of the run that the data is of. */
  inputs?: JsonObject
  version?: number
  /** Only a part of it. */
  partial?: Part
  /** `last`, `pinned`, or the id of a run: where the outputs of nodes that do not run come from. */
  data?: string
  /** Pinned outputs stand for the nodes that they are of. */
  pins?: boolean
}

export type Part = NonNullable<components['schemas']['StartExecution']['partial']>

/** Start a run. The key makes a repeated click or a retried request start one run only. */
export const startExecution = ({ workflow, ...body }: StartExecution, key: string) =>
  take(
    client.POST('/api/v1/workflows/{name}/executions', {
      params: { path: { name: workflow }, header: { 'idempotency-key': key } },
      body,
    }),
  ) as Promise<Execution>

/** What such a start would do. */
export const planExecution = ({ workflow, ...body }: StartExecution) =>
  take(
    client.POST('/api/v1/workflows/{name}/executions', {
      params: { path: { name: workflow }, query: { dry_run: true } },
      body,
    }),
  ) as Promise<RunPlan>

export function useStartExecution() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ key, ...start }: StartExecution & { key: string }) => startExecution(start, key),
    onSuccess: (execution) => {
      queries.setQueryData(executionKeys.one(execution.id), execution)
      void queries.invalidateQueries({ queryKey: executionKeys.lists() })
    },
  })
}

import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { JsonObject } from '~/model/json'
import { client, take } from './client'
import type { components } from './schema.gen'
import { asked, type Preset } from './timeRange'
import type { Execution, ExecutionStatus, RunPlan } from './types'

export interface ExecutionFilter {
  workflow?: string | undefined
  /** One of these. */
  status?: ExecutionStatus[] | undefined
  /** Id of the backfill that started them. */
  backfill?: string | undefined
  /** Only those that another run called, or only the others. */
  called?: boolean | undefined
  version?: number | undefined
  /** Type of what started them. */
  trigger?: string | undefined
  /** Text in the code or message of their error. */
  error?: string | undefined
  min_seconds?: number | undefined
  max_seconds?: number | undefined
  /** When they were made; counted back from the moment of asking where `last` is given. */
  last?: Preset | undefined
  since?: string | undefined
  until?: string | undefined
}

export const executionKeys = {
  all: ['executions'] as const,
  lists: () => ['executions', 'list'] as const,
  list: (filter: ExecutionFilter) => ['executions', 'list', filter] as const,
  one: (id: string) => ['executions', 'one', id] as const,
  outputs: (id: string) => ['executions', 'output', id] as const,
  output: (id: string, node: string, outlet: string) => ['executions', 'output', id, node, outlet] as const,
  items: (id: string) => ['executions', 'items', id] as const,
  waiting: (id: string) => ['executions', 'waiting', id] as const,
}

/** Runs that the filter lets through, newest first; later pages are larger, as whoever scrolls wants to get on. */
export const executionsQuery = (filter: ExecutionFilter, limit = 50, laterLimit = limit) =>
  infiniteQueryOptions({
    queryKey: [...executionKeys.list(filter), limit] as const,
    queryFn: ({ pageParam, signal }) => {
      const query = { ...asked(filter, Date.now()), before: pageParam, limit: pageParam ? laterLimit : limit }
      return take(client.GET('/api/v1/executions', { params: { query }, signal }))
    },
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

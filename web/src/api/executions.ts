import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { JsonObject } from '~/model/json'
import { request } from './client'
import type { Execution, ExecutionSummary, LogLine, OutputPage, Page, RunEvent } from './types'

const at = (id: string) => `/executions/${encodeURIComponent(id)}`

export interface ExecutionFilter {
  workflow?: string
  status?: string
}

export const executionKeys = {
  all: ['executions'] as const,
  lists: () => ['executions', 'list'] as const,
  list: (filter: ExecutionFilter) =>
    ['executions', 'list', filter.workflow ?? '', filter.status ?? ''] as const,
  one: (id: string) => ['executions', 'one', id] as const,
  output: (id: string, node: string, outlet: string) => ['executions', 'output', id, node, outlet] as const,
}

export const executionsQuery = (filter: ExecutionFilter, limit = 50) =>
  infiniteQueryOptions({
    queryKey: [...executionKeys.list(filter), limit] as const,
    queryFn: ({ pageParam, signal }) =>
      request<Page<ExecutionSummary>>('/executions', {
        query: { workflow: filter.workflow, status: filter.status, before: pageParam, limit },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  })

export const executionQuery = (id: string) =>
  queryOptions({
    queryKey: executionKeys.one(id),
    queryFn: ({ signal }) => request<Execution>(at(id), { signal }),
  })

/** The journal after `after`; with `wait` (seconds) the server holds the answer until there is something. */
export function fetchEvents(
  id: string,
  after: number,
  options: { wait?: number; limit?: number; signal?: AbortSignal } = {},
): Promise<{ items: RunEvent[]; next: number }> {
  const { wait, limit, signal } = options
  return request(`${at(id)}/events`, { query: { after, wait, limit }, signal })
}

export interface LogFilter {
  node?: string
  level?: string
}

export function fetchLogs(
  id: string,
  after: number,
  filter: LogFilter,
  signal?: AbortSignal,
): Promise<{ items: LogLine[]; next: number }> {
  return request(`${at(id)}/logs`, { query: { after, ...filter }, signal })
}

export interface OutputRequest {
  execution: string
  node: string
  outlet: string
  /** Column name, with a leading `-` for descending. */
  sort?: string
}

export const OUTPUT_PAGE = 200

/** One page of a node's output, from 0; a JSON or file output is one page. */
export const outputPageQuery = ({ execution, node, outlet, sort }: OutputRequest, page: number) =>
  queryOptions({
    queryKey: [...executionKeys.output(execution, node, outlet), sort ?? '', page] as const,
    queryFn: ({ signal }) =>
      request<OutputPage>(`${at(execution)}/nodes/${encodeURIComponent(node)}/output`, {
        query: { outlet, offset: page * OUTPUT_PAGE, limit: OUTPUT_PAGE, sort },
        signal,
      }),
    // An output never changes once written.
    staleTime: Number.POSITIVE_INFINITY,
  })

export interface StartExecution {
  workflow: string
  inputs: JsonObject
  version?: number
}

/** Start a run. The key makes a repeated click or a retried request start one run only. */
export function startExecution(
  { workflow, inputs, version }: StartExecution,
  key: string,
): Promise<Execution> {
  return request<Execution>(`/workflows/${encodeURIComponent(workflow)}/executions`, {
    method: 'POST',
    body: version === undefined ? { inputs } : { inputs, version },
    headers: { 'idempotency-key': key },
  })
}

export function useStartExecution() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ key, ...start }: StartExecution & { key: string }) => startExecution(start, key),
    onSuccess: (execution) => {
      client.setQueryData(executionKeys.one(execution.id), execution)
      void client.invalidateQueries({ queryKey: executionKeys.lists() })
    },
  })
}

export function useCancelExecution() {
  return useMutation({
    mutationFn: (id: string) => request<ExecutionSummary>(`${at(id)}/cancel`, { method: 'POST' }),
  })
}

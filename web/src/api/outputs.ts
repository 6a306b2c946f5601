import { queryOptions } from '@tanstack/react-query'
import { client, take } from './client'
import { executionKeys } from './executions'
import type { Chart, OutputPage } from './types'

export interface OutputRequest {
  execution: string
  node: string
  outlet: string
  /** Column name, with a leading `-` for descending. */
  sort?: string | undefined
  /** Conditions on the rows of a table, `column:op:value`; all of them have to be met. */
  where?: readonly string[] | undefined
  /** As it was after the event with this number. */
  at?: number | undefined
}

export const OUTPUT_PAGE = 200

const keyOf = ({ execution, node, outlet, at }: OutputRequest, what: string) =>
  [...executionKeys.output(execution, node, outlet), what, at ?? ''] as const

/** One page of a node's output, from 0; a JSON or file output is one page. */
export const outputPageQuery = (source: OutputRequest, page: number) => {
  const { execution, node, outlet, sort, where = [], at } = source
  return queryOptions({
    queryKey: [...keyOf(source, 'page'), sort ?? '', where, page] as const,
    queryFn: ({ signal }): Promise<OutputPage> =>
      take(
        client.GET('/api/v1/executions/{execution_id}/nodes/{node}/output', {
          params: {
            path: { execution_id: execution, node },
            query: { outlet, offset: page * OUTPUT_PAGE, limit: OUTPUT_PAGE, sort, where: [...where], at },
          },
          signal,
        }),
      ),
    // An output never changes once written, but by a retry: the run's feed forgets it then.
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** What is in one column of a table output, in all of its rows. */
export const columnStatisticsQuery = (source: OutputRequest, column: string) => {
  const { execution, node, outlet, at } = source
  return queryOptions({
    queryKey: [...keyOf(source, 'statistics'), column] as const,
    queryFn: ({ signal }) =>
      take(
        client.GET('/api/v1/executions/{execution_id}/nodes/{node}/output/statistics', {
          params: { path: { execution_id: execution, node }, query: { outlet, column: [column], at } },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

export interface ChartRequest {
  x: string
  /** A column of numbers; without it rows are counted. */
  y?: string | undefined
  agg?: Chart['agg']
  /** Most points. */
  bins: number
}

/** How the rows that the conditions let through spread over a column, or what another one is there. */
export const outputChartQuery = (source: OutputRequest, { x, y, agg, bins }: ChartRequest) => {
  const { execution, node, outlet, where = [], at } = source
  return queryOptions({
    queryKey: [...keyOf(source, 'chart'), where, x, y ?? '', agg ?? '', bins] as const,
    queryFn: ({ signal }) =>
      take(
        client.GET('/api/v1/executions/{execution_id}/nodes/{node}/output/chart', {
          params: {
            path: { execution_id: execution, node },
            query: { outlet, x, y, agg, bins, where: [...where], at },
          },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

export type FileFormat = 'csv' | 'parquet' | 'raw'

/** Where an output can be had as a file: a table in its order and with its conditions. */
export function outputFileUrl(source: OutputRequest, format: FileFormat): string {
  const { execution, node, outlet, sort, where = [], at } = source
  const query = new URLSearchParams({ format, outlet })
  if (sort) query.set('sort', sort)
  for (const condition of where) query.append('where', condition)
  if (at !== undefined) query.set('at', String(at))
  const place = `/api/v1/executions/${encodeURIComponent(execution)}/nodes/${encodeURIComponent(node)}`
  return `${place}/output/file?${query}`
}

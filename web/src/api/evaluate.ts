import { queryOptions } from '@tanstack/react-query'
import type { JsonObject } from '~/model/json'
import { client, take } from './client'
import type { Evaluated, ExpressionScope } from './types'

export interface ScopePlace {
  workflow: string
  node: string
  /** Containers around the node. */
  path: readonly string[]
  /** The newest run that has data when null. */
  execution: string | null
  /** The item in each container; the first one where none is named. */
  indexes: readonly number[]
}

/** What expressions at a node may name, with samples; `age` changes when a run has gone on. */
export const scopeQuery = ({ workflow, node, path, execution, indexes }: ScopePlace, age: string) =>
  queryOptions({
    queryKey: ['scope', workflow, node, path.join('/'), indexes.join('.'), execution, age] as const,
    queryFn: ({ signal }) =>
      take(
        client.GET('/api/v1/workflows/{name}/scope', {
          params: {
            path: { name: workflow },
            query: {
              node,
              path: path.join('/'),
              indexes: indexes.join('.'),
              execution: execution ?? undefined,
            },
          },
          signal,
        }),
      ) as Promise<ExpressionScope>,
    staleTime: 10_000,
    retry: false,
  })

export interface Trial {
  document: JsonObject
  text: string
  perItem: boolean
}

/** What one expression gives with the data of a run. */
export const tryExpression = async (
  { workflow, node, path, execution, indexes }: ScopePlace,
  { document, text, perItem }: Trial,
  signal: AbortSignal,
): Promise<Evaluated['items'][number]> => {
  const answer = (await take(
    client.POST('/api/v1/workflows/{name}/evaluate', {
      params: { path: { name: workflow } },
      body: {
        node,
        path: [...path],
        indexes: [...indexes],
        document,
        execution,
        items: [{ pointer: '', text, per_item: perItem }],
      },
      signal,
    }),
  )) as Evaluated
  const [item] = answer.items
  if (!item) throw new Error('The answer has no item.')
  return item
}

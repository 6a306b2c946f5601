import { queryOptions } from '@tanstack/react-query'
import { client, take, takeAs } from './client'
import type { Comparison } from './types'

/** Two runs side by side: `id` first, and the one that it is compared with. */
export const comparisonQuery = (id: string, other: string) =>
  queryOptions({
    queryKey: ['executions', 'compare', id, other] as const,
    queryFn: ({ signal }) =>
      takeAs<Comparison>(
        client.GET('/api/v1/executions/{execution_id}/compare', {
          params: { path: { execution_id: id }, query: { with: other } },
          signal,
        }),
      ),
    staleTime: 5_000,
  })

/** The newest run of the workflow that succeeded before this one; null when there is none. */
export const previousGoodQuery = (workflow: string, id: string) =>
  queryOptions({
    queryKey: ['executions', 'previous-good', workflow, id] as const,
    queryFn: async ({ signal }): Promise<string | null> => {
      const query = { workflow, status: ['succeeded' as const], before: id, limit: 1 }
      const page = await take(client.GET('/api/v1/executions', { params: { query }, signal }))
      return page.items[0]?.id ?? null
    },
  })

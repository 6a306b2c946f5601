import { queryOptions } from '@tanstack/react-query'
import { client, take, takeAs } from './client'
import type { Comparison, Execution } from './types'

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
export const previousGoodQuery = ({
  id,
  workflow,
  created_at: until,
}: Pick<Execution, 'id' | 'workflow' | 'created_at'>) =>
  queryOptions({
    queryKey: ['executions', 'previous-good', workflow, id] as const,
    queryFn: async ({ signal }): Promise<string | null> => {
      const query = { workflow, status: ['succeeded' as const], until, limit: 5 }
      const page = await take(client.GET('/api/v1/executions', { params: { query }, signal }))
      // Ids are in the order of time; the run itself may be among those of its millisecond.
      return page.items.find((run) => run.id < id)?.id ?? null
    },
  })

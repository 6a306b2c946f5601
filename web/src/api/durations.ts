import { queryOptions } from '@tanstack/react-query'
import { client, take } from './client'

/** How long the last runs of a workflow took, and their nodes; this changes slowly. */
export const durationsQuery = (workflow: string) =>
  queryOptions({
    queryKey: ['executions', 'durations', workflow] as const,
    queryFn: ({ signal }) =>
      take(
        client.GET('/api/v1/workflows/{name}/durations', {
          params: { path: { name: workflow }, query: { last: 50 } },
          signal,
        }),
      ),
    staleTime: 60_000,
  })

import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { client, take } from './client'
import type { NewConnection } from './types'

export const connectionKeys = { all: ['connections'] as const }

export const connectionsQuery = () =>
  queryOptions({
    queryKey: connectionKeys.all,
    queryFn: async ({ signal }) => (await take(client.GET('/api/v1/connections', { signal }))).items,
  })

/** Values are written once and never read back. */
export function useCreateConnection() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: NewConnection) => take(client.POST('/api/v1/connections', { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: connectionKeys.all }),
  })
}

export function useDeleteConnection() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (name: string) =>
      take(client.DELETE('/api/v1/connections/{name}', { params: { path: { name } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: connectionKeys.all }),
  })
}

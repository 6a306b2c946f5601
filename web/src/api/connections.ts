import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { client, take, takeAs } from './client'
import type { ConnectionType, ConnectionValues, EnteredConnection, NewConnection } from './types'

export const connectionKeys = {
  all: ['connections'] as const,
  uses: ['connections', 'uses'] as const,
  types: ['connection-types'] as const,
}

export const connectionsQuery = () =>
  queryOptions({
    queryKey: connectionKeys.all,
    queryFn: async ({ signal }) => (await take(client.GET('/api/v1/connections', { signal }))).items,
  })

/** Which workflows name connections. */
export const connectionUsesQuery = () =>
  queryOptions({
    queryKey: connectionKeys.uses,
    queryFn: async ({ signal }) => (await take(client.GET('/api/v1/connection-uses', { signal }))).items,
  })

/** They change with the server only. */
export const connectionTypesQuery = () =>
  queryOptions({
    queryKey: connectionKeys.types,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) =>
      (await takeAs<{ items: ConnectionType[] }>(client.GET('/api/v1/connection-types', { signal }))).items,
  })

/** Values are written once and never read back. */
export function useCreateConnection() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: NewConnection) => take(client.POST('/api/v1/connections', { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: connectionKeys.all }),
  })
}

export function useReplaceConnection(name: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: ConnectionValues) =>
      take(client.PUT('/api/v1/connections/{name}', { params: { path: { name } }, body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: connectionKeys.all }),
  })
}

/** Test values before they are stored. */
export function useTestEntered() {
  return useMutation({
    mutationFn: (body: EnteredConnection) => take(client.POST('/api/v1/connections/test', { body })),
  })
}

export function useTestConnection(name: string) {
  return useMutation({
    mutationFn: () => take(client.POST('/api/v1/connections/{name}/test', { params: { path: { name } } })),
  })
}

export function useDeleteConnection() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ name, force }: { name: string; force: boolean }) =>
      take(client.DELETE('/api/v1/connections/{name}', { params: { path: { name }, query: { force } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: connectionKeys.all }),
  })
}

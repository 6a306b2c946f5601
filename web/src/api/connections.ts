import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { request } from './client'
import type { Connection, Page } from './types'

export const connectionKeys = { all: ['connections'] as const }

export const connectionsQuery = () =>
  queryOptions({
    queryKey: connectionKeys.all,
    queryFn: async ({ signal }) => (await request<Page<Connection>>('/connections', { signal })).items,
  })

export interface NewConnection {
  name: string
  type: string
  /** Written once, never read back. */
  values: Record<string, string>
}

export function useCreateConnection() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: NewConnection) => request<Connection>('/connections', { method: 'POST', body }),
    onSuccess: () => client.invalidateQueries({ queryKey: connectionKeys.all }),
  })
}

export function useDeleteConnection() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (name: string) =>
      request<void>(`/connections/${encodeURIComponent(name)}`, { method: 'DELETE' }),
    onSuccess: () => client.invalidateQueries({ queryKey: connectionKeys.all }),
  })
}

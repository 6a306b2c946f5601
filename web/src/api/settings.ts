import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { client, take } from './client'
import { nodeTypeKeys } from './nodeTypes'

const PAGE = 100
const WATCHING = 1_000

export const settingsKeys = { cleaning: ['settings', 'cleaning'] as const, audit: ['audit'] as const }

/** They are read once, when the server starts. */
export const settingsQuery = () =>
  queryOptions({
    queryKey: ['settings', 'list'],
    queryFn: async ({ signal }) => (await take(client.GET('/api/v1/settings', { signal }))).items,
    staleTime: Number.POSITIVE_INFINITY,
  })

export interface AuditFilter {
  actor?: string
  action?: string
  target?: string
}

/** Who did what, newest first. */
export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: [...settingsKeys.audit, filter],
    queryFn: ({ pageParam, signal }) =>
      take(
        client.GET('/api/v1/audit', {
          params: { query: { ...filter, before: pageParam, limit: PAGE } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  })

/** What is being removed; looked at again while it is. */
export const cleaningQuery = () =>
  queryOptions({
    queryKey: settingsKeys.cleaning,
    queryFn: ({ signal }) => take(client.GET('/api/v1/outputs/clean', { signal })),
    refetchInterval: (query) => (query.state.data?.status === 'running' ? WATCHING : false),
  })

export function useClean() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (dryRun: boolean) =>
      take(client.POST('/api/v1/outputs/clean', { params: { query: { dry_run: dryRun } } })),
    onSuccess: (data) => queries.setQueryData(settingsKeys.cleaning, data),
  })
}

export const useRotateKey = () =>
  useMutation({ mutationFn: () => take(client.POST('/api/v1/connections/rotate-key')) })

export function useReloadRegistry() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => take(client.POST('/api/v1/registry/reload', { body: { accept: [] } })),
    onSuccess: (data) => {
      queries.setQueryData(nodeTypeKeys.registry, data)
      void queries.invalidateQueries({ queryKey: nodeTypeKeys.all })
    },
  })
}

export const useFreezeRegistry = () =>
  useMutation({ mutationFn: () => take(client.POST('/api/v1/registry/freeze')) })

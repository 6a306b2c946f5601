import { queryOptions } from '@tanstack/react-query'
import type { JsonObject } from '~/model/json'
import { client, take } from './client'
import type { NodeType } from './types'

export const nodeTypeKeys = { all: ['node-types'] as const, registry: ['registry'] as const }

export const nodeTypesQuery = () =>
  queryOptions({
    queryKey: nodeTypeKeys.all,
    queryFn: async ({ signal }) =>
      (await take(client.GET('/api/v1/node-types', { signal }))).items as NodeType[],
    staleTime: 60_000,
  })

/** Every version of every type: documents pin the one that they were saved with. */
export const allNodeTypesQuery = () =>
  queryOptions({
    queryKey: [...nodeTypeKeys.all, 'all'],
    queryFn: async ({ signal }) =>
      (await take(client.GET('/api/v1/node-types', { params: { query: { versions: 'all' } }, signal })))
        .items as NodeType[],
    staleTime: 60_000,
  })

/** What differs between a version of a type and its newest, and what becomes of a config. */
export const migrationQuery = (type: string, from: number, to: number, config: JsonObject) =>
  queryOptions({
    queryKey: [...nodeTypeKeys.all, 'migration', type, from, to, config],
    queryFn: ({ signal }) =>
      take(
        client.POST('/api/v1/node-types/{type_id}/migrate', {
          params: { path: { type_id: type } },
          body: { config, from, to },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })

/** What may be chosen for a field whose schema names a function in `x-options`. */
export const askOptions = (
  type: string,
  version: number,
  query: { function: string; config: JsonObject; search: string },
  signal?: AbortSignal,
) =>
  take(
    client.POST('/api/v1/node-types/{type_id}/options', {
      params: { path: { type_id: type }, query: { version } },
      body: query,
      signal,
    }),
  )

/** Where the node types come from, and which sources could not be loaded. */
export const registryQuery = () =>
  queryOptions({
    queryKey: nodeTypeKeys.registry,
    queryFn: ({ signal }) => take(client.GET('/api/v1/registry', { signal })),
    staleTime: 60_000,
  })

/** Check one node's config against its type. */
export const validateConfig = (type: string, config: JsonObject, signal?: AbortSignal) =>
  take(
    client.POST('/api/v1/node-types/{type_id}/validate', {
      params: { path: { type_id: type } },
      body: { config },
      signal,
    }),
  )

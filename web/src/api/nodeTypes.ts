import { queryOptions } from '@tanstack/react-query'
import type { JsonObject } from '~/model/json'
import { client, take } from './client'
import type { NodeType } from './types'

export const nodeTypeKeys = { all: ['node-types'] as const }

export const nodeTypesQuery = () =>
  queryOptions({
    queryKey: nodeTypeKeys.all,
    queryFn: async ({ signal }) =>
      (await take(client.GET('/api/v1/node-types', { signal }))).items as NodeType[],
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

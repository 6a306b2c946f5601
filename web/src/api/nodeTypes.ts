import { queryOptions } from '@tanstack/react-query'
import type { JsonObject } from '~/model/json'
import type { NodeType } from '~/model/nodeType'
import { request } from './client'
import type { Problem } from './problem'
import type { Page } from './types'

export const nodeTypeKeys = { all: ['node-types'] as const }

export const nodeTypesQuery = () =>
  queryOptions({
    queryKey: nodeTypeKeys.all,
    queryFn: async ({ signal }) => (await request<Page<NodeType>>('/node-types', { signal })).items,
    staleTime: 60_000,
  })

/** Check one node's config against its type. */
export function validateConfig(
  type: string,
  config: JsonObject,
  signal?: AbortSignal,
): Promise<{ items: Problem[] }> {
  return request(`/node-types/${encodeURIComponent(type)}/validate`, {
    method: 'POST',
    body: { config },
    signal,
  })
}

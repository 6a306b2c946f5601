import { queryOptions } from '@tanstack/react-query'
import { client, take } from './client'
import { executionKeys } from './executions'
import type { ItemPage } from './types'

export const ITEM_PAGE = 50

export interface ItemsRequest {
  execution: string
  /** The container, within loops with those around it: `each.inner`. */
  node: string
  /** Index of the item in each loop around it: `3`, `3.0`; empty for none. */
  path: string
  offset: number
  limit: number
  /** Only the failed ones, from the item `offset` on. */
  failed?: boolean
  /** While the run goes on, items are asked for again: their events are those of other runs. */
  live: boolean
}

const REFRESH_INTERVAL = 1_000

export const itemsQuery = ({ execution, node, path, offset, limit, failed = false, live }: ItemsRequest) =>
  queryOptions({
    queryKey: [...executionKeys.items(execution), node, path, offset, limit, failed] as const,
    queryFn: ({ signal }): Promise<ItemPage> =>
      take(
        client.GET('/api/v1/executions/{execution_id}/nodes/{node}/items', {
          params: {
            path: { execution_id: execution, node },
            query: { path, offset, limit, status: failed ? 'failed' : null },
          },
          signal,
        }),
      ),
    refetchInterval: live ? REFRESH_INTERVAL : false,
  })

import { queryOptions } from '@tanstack/react-query'
import { client, take } from './client'

export const infoQuery = () =>
  queryOptions({
    queryKey: ['info'],
    queryFn: ({ signal }) => take(client.GET('/api/v1/info', { signal })),
    staleTime: Number.POSITIVE_INFINITY,
  })

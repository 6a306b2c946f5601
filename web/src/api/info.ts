import { queryOptions } from '@tanstack/react-query'
import { request } from './client'
import type { ServerInfo } from './types'

export const infoQuery = () =>
  queryOptions({
    queryKey: ['info'],
    queryFn: ({ signal }) => request<ServerInfo>('/info', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })

import { queryOptions } from '@tanstack/react-query'
import { client, take } from './client'
import { asked, type Preset, startOf, type TimeRange } from './timeRange'

/** What looks back on many runs, and on what comes next; runs' events refresh it, the clock moves it as well. */
export const historyKeys = { all: ['history'] as const }

const INTERVAL = 30_000
const BUCKETS = 100

export const histogramQuery = (range: TimeRange, workflow?: string) =>
  queryOptions({
    queryKey: [...historyKeys.all, 'histogram', range, workflow ?? ''] as const,
    queryFn: ({ signal }) => {
      const query = { ...asked(range, Date.now()), workflow, buckets: BUCKETS }
      return take(client.GET('/api/v1/executions/histogram', { params: { query }, signal }))
    },
    refetchInterval: INTERVAL,
  })

export const slowestQuery = (last: Preset, limit: number) =>
  queryOptions({
    queryKey: [...historyKeys.all, 'slowest', last, limit] as const,
    queryFn: ({ signal }) => {
      const query = { since: startOf(last, Date.now()), limit }
      return take(client.GET('/api/v1/executions/slowest', { params: { query }, signal }))
    },
    refetchInterval: INTERVAL,
  })

export const failingQuery = (last: Preset, limit: number) =>
  queryOptions({
    queryKey: [...historyKeys.all, 'failing', last, limit] as const,
    queryFn: ({ signal }) => {
      const query = { since: startOf(last, Date.now()), limit }
      return take(client.GET('/api/v1/executions/failing', { params: { query }, signal }))
    },
    refetchInterval: INTERVAL,
  })

/** The newest that failed or were interrupted. */
export const latestFailuresQuery = (last: Preset, limit: number) =>
  queryOptions({
    queryKey: [...historyKeys.all, 'failures', last, limit] as const,
    queryFn: async ({ signal }) => {
      const status = ['failed' as const, 'interrupted' as const]
      const query = { since: startOf(last, Date.now()), status, limit }
      return (await take(client.GET('/api/v1/executions', { params: { query }, signal }))).items
    },
    refetchInterval: INTERVAL,
  })

export const queueQuery = () =>
  queryOptions({
    queryKey: [...historyKeys.all, 'queue'] as const,
    queryFn: ({ signal }) => take(client.GET('/api/v1/queue', { signal })),
    refetchInterval: INTERVAL,
  })

export const upcomingQuery = (limit: number) =>
  queryOptions({
    queryKey: [...historyKeys.all, 'upcoming', limit] as const,
    queryFn: async ({ signal }) =>
      (await take(client.GET('/api/v1/triggers/upcoming', { params: { query: { limit } }, signal }))).items,
    refetchInterval: INTERVAL,
  })

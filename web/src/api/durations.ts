import { queryOptions } from '@tanstack/react-query'
import { ENOUGH_RUNS, type Typical, type Usual } from '~/runs/typical'
import { client, take } from './client'
import type { Durations } from './types'

const usual = ({ p50, p95, last }: Durations): Usual | null =>
  p50 === null || last.length < ENOUGH_RUNS ? null : { half: p50 * 1000, most: (p95 ?? p50) * 1000 }

/** What is usual for a workflow and its nodes; from its last runs, which change slowly. */
export const typicalQuery = (workflow: string) =>
  queryOptions({
    queryKey: ['executions', 'typical', workflow] as const,
    queryFn: async ({ signal }): Promise<Typical> => {
      const params = { path: { name: workflow }, query: { last: 50 } }
      const told = await take(client.GET('/api/v1/workflows/{name}/durations', { params, signal }))
      const nodes = Object.entries(told.nodes).flatMap(([id, durations]) => {
        const known = usual(durations)
        return known ? [[id, known] as const] : []
      })
      return { run: usual(told.run), nodes: Object.fromEntries(nodes) }
    },
    staleTime: 60_000,
  })

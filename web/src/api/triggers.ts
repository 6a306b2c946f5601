import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { JsonObject } from '~/model/json'
import { client, take } from './client'
import { executionKeys } from './executions'
import type { BackfillPlan, Execution, Trigger } from './types'

export const triggerKeys = {
  all: ['triggers'] as const,
  list: (workflow: string) => ['triggers', 'list', workflow] as const,
  one: (workflow: string, name: string) => ['triggers', 'one', workflow, name] as const,
  preview: (config: JsonObject) => ['triggers', 'preview', config] as const,
  backfills: ['triggers', 'backfills'] as const,
}

/** Times pass without an event that tells of it. */
const REFRESH_INTERVAL = 5_000

/** Triggers of published versions, of all workflows or of one. */
export const triggersQuery = (workflow?: string) =>
  infiniteQueryOptions({
    queryKey: triggerKeys.list(workflow ?? ''),
    queryFn: ({ pageParam, signal }) =>
      take(client.GET('/api/v1/triggers', { params: { query: { workflow, before: pageParam } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: REFRESH_INTERVAL,
  })

export const triggerQuery = (workflow: string, trigger: string) =>
  queryOptions({
    queryKey: triggerKeys.one(workflow, trigger),
    queryFn: ({ signal }) =>
      take(
        client.GET('/api/v1/triggers/{workflow}/{trigger}', {
          params: { path: { workflow, trigger } },
          signal,
        }),
      ),
    refetchInterval: REFRESH_INTERVAL,
  })

/** The next times of a schedule that is being written; refused with problems while it is not finished. */
export const previewQuery = (config: JsonObject) =>
  queryOptions({
    queryKey: triggerKeys.preview(config),
    queryFn: async ({ signal }) =>
      (await take(client.POST('/api/v1/triggers/preview', { body: { config }, signal }))).next_at,
    retry: false,
  })

const path = ({ workflow, name }: Pick<Trigger, 'workflow' | 'name'>) => ({ workflow, trigger: name })

export function useSwitchTrigger() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ trigger, on }: { trigger: Trigger; on: boolean }) => {
      const params = { path: path(trigger) }
      return on
        ? take(client.POST('/api/v1/triggers/{workflow}/{trigger}/enable', { params }))
        : take(client.POST('/api/v1/triggers/{workflow}/{trigger}/disable', { params }))
    },
    onSettled: () => queries.invalidateQueries({ queryKey: triggerKeys.all }),
  })
}

export function useTestTrigger() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ sample, ...trigger }: Trigger & { sample?: JsonObject }) =>
      take(
        client.POST('/api/v1/triggers/{workflow}/{trigger}/test', {
          params: { path: path(trigger) },
          body: sample ? { sample } : undefined,
        }),
      ) as Promise<Execution>,
    onSuccess: () => queries.invalidateQueries({ queryKey: executionKeys.lists() }),
  })
}

export const useTriggerToken = () =>
  useMutation({
    mutationFn: (trigger: Trigger) =>
      take(client.POST('/api/v1/triggers/{workflow}/{trigger}/token', { params: { path: path(trigger) } })),
  })

export interface BackfillOrder {
  workflow: string
  trigger: string
  from: string
  to: string
  concurrency: number
}

/** How many times there are in the range; nothing is started. */
export const backfillPlanQuery = (order: Omit<BackfillOrder, 'concurrency'>) =>
  queryOptions({
    queryKey: [...triggerKeys.backfills, 'plan', order] as const,
    queryFn: ({ signal }) =>
      take(
        client.POST('/api/v1/backfills', { body: { ...order, dry_run: true }, signal }),
      ) as Promise<BackfillPlan>,
    retry: false,
  })

export function useBackfill() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (order: BackfillOrder) => take(client.POST('/api/v1/backfills', { body: order })),
    onSuccess: () => queries.invalidateQueries({ queryKey: triggerKeys.backfills }),
  })
}

export const backfillsQuery = () =>
  infiniteQueryOptions({
    queryKey: [...triggerKeys.backfills, 'list'] as const,
    queryFn: ({ pageParam, signal }) =>
      take(client.GET('/api/v1/backfills', { params: { query: { before: pageParam } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: 2_000,
  })

export type BackfillRequest = 'pause' | 'resume' | 'cancel'

export function useSteerBackfill() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id, request }: { id: string; request: BackfillRequest }) =>
      take(
        client.POST(`/api/v1/backfills/{backfill_id}/${request}`, { params: { path: { backfill_id: id } } }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: triggerKeys.backfills }),
  })
}

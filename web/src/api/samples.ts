import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { JsonObject } from '~/model/json'
import { client, take } from './client'
import { triggerKeys } from './triggers'
import type { Trigger, TriggerSample } from './types'

const WAITING = 1_000

const path = ({ workflow, name }: Pick<Trigger, 'workflow' | 'name'>) => ({ workflow, trigger: name })
const keyOf = ({ workflow, name }: Pick<Trigger, 'workflow' | 'name'>) =>
  [...triggerKeys.one(workflow, name), 'sample'] as const

/** What a webhook says when it is tried out; looked at each second while it waits for a call. */
export const sampleQuery = (trigger: Pick<Trigger, 'workflow' | 'name'>) =>
  queryOptions({
    queryKey: keyOf(trigger),
    queryFn: ({ signal }) =>
      take(
        client.GET('/api/v1/triggers/{workflow}/{trigger}/sample', {
          params: { path: path(trigger) },
          signal,
        }),
      ),
    refetchInterval: (query) => (query.state.data?.listening_until ? WAITING : false),
  })

/** Keep a sample, forget it, or wait for a call. */
export function useSample(trigger: Pick<Trigger, 'workflow' | 'name'>) {
  const queries = useQueryClient()
  const params = { path: path(trigger) }
  const onSuccess = (made: TriggerSample | undefined) =>
    made
      ? queries.setQueryData(keyOf(trigger), made)
      : void queries.invalidateQueries({ queryKey: keyOf(trigger) })
  return {
    keep: useMutation({
      mutationFn: (sample: JsonObject) =>
        take(client.PUT('/api/v1/triggers/{workflow}/{trigger}/sample', { params, body: { sample } })),
      onSuccess,
    }),
    forget: useMutation({
      mutationFn: async () => {
        await take(client.DELETE('/api/v1/triggers/{workflow}/{trigger}/sample', { params }))
        return undefined
      },
      onSuccess,
    }),
    listen: useMutation({
      mutationFn: (on: boolean) =>
        take(client.POST('/api/v1/triggers/{workflow}/{trigger}/listen', { params, body: { on } })),
      onSuccess,
    }),
  }
}

import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { Json } from '~/model/json'
import type { WorkflowDocument } from '~/model/workflow'
import { client, take } from './client'
import { fetchWorkflow, workflowKeys } from './workflows'

export const pinKeys = {
  list: (workflow: string) => [...workflowKeys.all, 'pins', workflow] as const,
  origin: (workflow: string, execution: string) =>
    [...workflowKeys.all, 'pin-origin', workflow, execution] as const,
}

/** Outputs that stand for a run of their node in test runs; `node` is `container/node` in a body. */
export const pinsQuery = (workflow: string) =>
  queryOptions({
    queryKey: pinKeys.list(workflow),
    queryFn: async ({ signal }) =>
      (
        await take(
          client.GET('/api/v1/workflows/{name}/pins', { params: { path: { name: workflow } }, signal }),
        )
      ).items,
  })

/** The document that a run ran, to tell whether what is pinned of it is still what the node would give. */
export const pinOriginQuery = (workflow: string, execution: string) =>
  queryOptions({
    queryKey: pinKeys.origin(workflow, execution),
    queryFn: async ({ signal }): Promise<WorkflowDocument> => {
      const { version } = await take(
        client.GET('/api/v1/executions/{execution_id}', {
          params: { path: { execution_id: execution } },
          signal,
        }),
      )
      return (await fetchWorkflow(workflow, version, signal)).document
    },
    // What ran does not change; a run that is kept no longer is no reason to ask again.
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })

/** The output of a node in a run, or a value. */
export type NewPin = { node: string; outlet?: string } & ({ execution: string } | { value: Json })

export const putPin = (workflow: string, { node, ...body }: NewPin) =>
  take(
    client.PUT('/api/v1/workflows/{name}/pins/{node}', { params: { path: { name: workflow, node } }, body }),
  )

export const deletePin = (workflow: string, node: string) =>
  take(client.DELETE('/api/v1/workflows/{name}/pins/{node}', { params: { path: { name: workflow, node } } }))

function useOnPins<T, R>(workflow: string, change: (workflow: string, wanted: T) => Promise<R>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (wanted: T) => change(workflow, wanted),
    onSettled: () => queries.invalidateQueries({ queryKey: pinKeys.list(workflow) }),
  })
}

export const usePutPin = (workflow: string) => useOnPins(workflow, putPin)
export const useDeletePin = (workflow: string) => useOnPins(workflow, deletePin)

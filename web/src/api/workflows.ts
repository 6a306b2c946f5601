import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { WorkflowDocument } from '~/model/workflow'
import { client, take, takeAs } from './client'
import { ApiError } from './problem'
import type { Validation, Workflow } from './types'

const LIST_PAGE = 100

export const workflowKeys = {
  all: ['workflows'] as const,
  list: () => ['workflows', 'list'] as const,
  one: (name: string, version?: number) => ['workflows', 'one', name, version ?? 'newest'] as const,
  yaml: (name: string, version?: number) => ['workflows', 'yaml', name, version ?? 'newest'] as const,
  versions: (name: string) => ['workflows', 'versions', name] as const,
}

export const workflowsQuery = () =>
  infiniteQueryOptions({
    queryKey: workflowKeys.list(),
    queryFn: ({ pageParam, signal }) =>
      take(
        client.GET('/api/v1/workflows', {
          params: { query: { before: pageParam, limit: LIST_PAGE } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  })

export const fetchWorkflow = (name: string, version?: number, signal?: AbortSignal) =>
  takeAs<Workflow>(
    client.GET('/api/v1/workflows/{name}', { params: { path: { name }, query: { version } }, signal }),
  )

export const workflowQuery = (name: string, version?: number) =>
  queryOptions({
    queryKey: workflowKeys.one(name, version),
    queryFn: ({ signal }) => fetchWorkflow(name, version, signal),
  })

/** The workflow, or null when there is none of that name. */
export async function fetchWorkflowOrNull(name: string): Promise<Workflow | null> {
  try {
    return await fetchWorkflow(name)
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}

export const workflowYamlQuery = (name: string, version?: number) =>
  queryOptions({
    queryKey: workflowKeys.yaml(name, version),
    queryFn: ({ signal }) =>
      take(
        client.GET('/api/v1/workflows/{name}', {
          params: { path: { name }, query: { version } },
          headers: { accept: 'application/yaml' },
          parseAs: 'text',
          signal,
        }),
      ),
  })

export const versionsQuery = (name: string) =>
  queryOptions({
    queryKey: workflowKeys.versions(name),
    queryFn: ({ signal }) =>
      take(client.GET('/api/v1/workflows/{name}/versions', { params: { path: { name } }, signal })),
  })

/** A document as the body of a request: JSON, or YAML text as it is. */
function documentBody(document: WorkflowDocument | string) {
  return {
    body: document as unknown as { [key: string]: unknown },
    bodySerializer: (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body)),
    headers: { 'content-type': typeof document === 'string' ? 'application/yaml' : 'application/json' },
  }
}

/** Check a document (or YAML text) without storing it. */
export const validateWorkflow = (document: WorkflowDocument | string, signal?: AbortSignal) =>
  takeAs<Validation>(client.POST('/api/v1/workflows/validate', { ...documentBody(document), signal }))

export const createWorkflow = (document: WorkflowDocument | string, publish: boolean) =>
  takeAs<Workflow>(
    client.POST('/api/v1/workflows', { params: { query: { publish } }, ...documentBody(document) }),
  )

function useStored() {
  const queries = useQueryClient()
  return (workflow: Workflow) => {
    queries.setQueryData(workflowKeys.one(workflow.name), workflow)
    void queries.invalidateQueries({ queryKey: workflowKeys.versions(workflow.name) })
    void queries.invalidateQueries({ queryKey: ['workflows', 'yaml', workflow.name] })
    void queries.invalidateQueries({ queryKey: workflowKeys.list() })
  }
}

export function useCreateWorkflow() {
  const stored = useStored()
  return useMutation({
    mutationFn: ({ document, publish }: { document: WorkflowDocument | string; publish: boolean }) =>
      createWorkflow(document, publish),
    onSuccess: stored,
  })
}

export function useDeleteWorkflow() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (name: string) =>
      take(client.DELETE('/api/v1/workflows/{name}', { params: { path: { name } } })),
    onSuccess: (_, name) => {
      queries.removeQueries({ queryKey: workflowKeys.one(name) })
      void queries.invalidateQueries({ queryKey: workflowKeys.list() })
    },
  })
}

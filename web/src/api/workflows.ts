import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { WorkflowDocument } from '~/model/workflow'
import { request, send } from './client'
import { ApiError } from './problem'
import type { Page, Validation, Workflow, WorkflowSummary, WorkflowVersion } from './types'

const YAML = 'application/yaml'
const at = (name: string) => `/workflows/${encodeURIComponent(name)}`

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
      request<Page<WorkflowSummary>>('/workflows', { query: { before: pageParam, limit: 100 }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  })

export const workflowQuery = (name: string, version?: number) =>
  queryOptions({
    queryKey: workflowKeys.one(name, version),
    queryFn: ({ signal }) => request<Workflow>(at(name), { query: { version }, signal }),
  })

export const workflowYamlQuery = (name: string, version?: number) =>
  queryOptions({
    queryKey: workflowKeys.yaml(name, version),
    queryFn: async ({ signal }) =>
      (await send(at(name), { query: { version }, accept: YAML, signal })).text(),
  })

export const versionsQuery = (name: string) =>
  queryOptions({
    queryKey: workflowKeys.versions(name),
    queryFn: ({ signal }) => request<Page<WorkflowVersion>>(`${at(name)}/versions`, { signal }),
  })

/** Check a document (or YAML text) without storing it. */
export function validateWorkflow(
  document: WorkflowDocument | string,
  signal?: AbortSignal,
): Promise<Validation> {
  const contentType = typeof document === 'string' ? YAML : 'application/json'
  return request<Validation>('/workflows/validate', { method: 'POST', body: document, contentType, signal })
}

/** The workflow, or null when there is none of that name. */
export async function fetchWorkflowOrNull(name: string): Promise<Workflow | null> {
  try {
    return await request<Workflow>(at(name))
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}

export interface SaveWorkflow {
  document: WorkflowDocument
  /** Without publishing, semantic problems are stored too and come back in `problems`. */
  publish: boolean
  /** The newest version the editor knows; the server answers 412 if someone saved meanwhile. */
  ifMatch?: number
}

export function createWorkflow(document: WorkflowDocument | string, publish: boolean): Promise<Workflow> {
  const contentType = typeof document === 'string' ? YAML : 'application/json'
  return request<Workflow>('/workflows', { method: 'POST', query: { publish }, body: document, contentType })
}

export function saveWorkflow({ document, publish, ifMatch }: SaveWorkflow): Promise<Workflow> {
  return request<Workflow>(at(document.name), {
    method: 'PUT',
    query: { publish },
    body: document,
    headers: ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` },
  })
}

function useStored(name?: string) {
  const client = useQueryClient()
  return (workflow: Workflow | undefined) => {
    const key = workflow?.name ?? name
    if (workflow) client.setQueryData(workflowKeys.one(workflow.name), workflow)
    if (key) {
      void client.invalidateQueries({ queryKey: workflowKeys.versions(key) })
      void client.invalidateQueries({ queryKey: ['workflows', 'yaml', key] })
    }
    void client.invalidateQueries({ queryKey: workflowKeys.list() })
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

export function useSaveWorkflow() {
  const stored = useStored()
  return useMutation({ mutationFn: saveWorkflow, onSuccess: stored })
}

export function useDeleteWorkflow() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (name: string) => request<void>(at(name), { method: 'DELETE' }),
    onSuccess: (_, name) => {
      client.removeQueries({ queryKey: workflowKeys.one(name) })
      void client.invalidateQueries({ queryKey: workflowKeys.list() })
    },
  })
}

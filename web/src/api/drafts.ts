import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Operation } from '~/model/ops'
import { client, take } from './client'
import type { Draft, DraftAnswer, DraftOp, MadeVersion, NewVersion, Person } from './types'
import { workflowKeys } from './workflows'

const PAGE = 1000

export const fetchDraft = (name: string): Promise<Draft> =>
  take(client.GET('/api/v1/workflows/{name}/draft', { params: { path: { name } } }))

interface Patch {
  client: string
  revision: number
  ops: readonly Operation[]
}

export const sendDraftOps = (name: string, { client: from, revision, ops }: Patch): Promise<DraftAnswer> =>
  take(
    client.PATCH('/api/v1/workflows/{name}/draft', {
      params: { path: { name } },
      body: { client: from, revision, ops: [...ops] },
    }),
  )

/** All operations after a revision. */
export async function fetchDraftOps(name: string, after: number): Promise<DraftOp[]> {
  const found: DraftOp[] = []
  for (let from: number | null = after; from !== null; ) {
    const page: { items: DraftOp[]; next: number | null } = await take(
      client.GET('/api/v1/workflows/{name}/draft/ops', {
        params: { path: { name }, query: { after: from, limit: PAGE } },
      }),
    )
    found.push(...page.items)
    from = page.next
  }
  return found
}

export const createVersion = (name: string, body: NewVersion): Promise<MadeVersion> =>
  take(client.POST('/api/v1/workflows/{name}/versions', { params: { path: { name } }, body }))

/** From now on the draft is counted from this version, whose changes it holds. */
export const rebaseDraft = (name: string, version: number): Promise<Draft> =>
  take(client.POST('/api/v1/workflows/{name}/draft/base', { params: { path: { name } }, body: { version } }))

interface Whereabouts {
  client: string
  node: string | null
  path: readonly string[]
}

/** Tell others where one is; the answer says where they are. */
export const tellPresence = async (
  name: string,
  { client: from, node, path }: Whereabouts,
): Promise<Person[]> =>
  (
    await take(
      client.POST('/api/v1/workflows/{name}/presence', {
        params: { path: { name } },
        body: { client: from, node, path: [...path] },
      }),
    )
  ).people

/** Sent at once and without an answer, so that it leaves even while the page goes away. */
export function leavePresence(name: string, from: string): void {
  const address = `/api/v1/workflows/${encodeURIComponent(name)}/presence?client=${encodeURIComponent(from)}`
  void fetch(address, { method: 'DELETE', keepalive: true }).catch(() => undefined)
}

function useOnVersion<T extends { version: number }>(name: string, ask: (wanted: T) => Promise<unknown>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ask,
    onSuccess: () => queries.invalidateQueries({ queryKey: workflowKeys.versions(name) }),
  })
}

export const useLabelVersion = (name: string) =>
  useOnVersion(name, ({ version, label }: { version: number; label: string | null }) =>
    take(
      client.PATCH('/api/v1/workflows/{name}/versions/{version}', {
        params: { path: { name, version } },
        body: { label },
      }),
    ),
  )

export const usePublishVersion = (name: string) =>
  useOnVersion(name, ({ version }: { version: number }) =>
    take(
      client.POST('/api/v1/workflows/{name}/versions/{version}/publish', {
        params: { path: { name, version } },
      }),
    ),
  )

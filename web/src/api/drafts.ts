import type { Operation } from '~/model/ops'
import { client, take } from './client'
import type { Draft, DraftAnswer, DraftOp, NewVersion, VersionLine } from './types'

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
    const page: { items: DraftOp[]; next: string | null } = await take(
      client.GET('/api/v1/workflows/{name}/draft/ops', {
        params: { path: { name }, query: { after: from, limit: PAGE } },
      }),
    )
    found.push(...page.items)
    from = page.next === null ? null : Number(page.next)
  }
  return found
}

export const createVersion = (name: string, body: NewVersion): Promise<VersionLine> =>
  take(client.POST('/api/v1/workflows/{name}/versions', { params: { path: { name } }, body }))

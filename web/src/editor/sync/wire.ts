/** A draft's way to the server, over REST. */

import { fetchDraft, fetchDraftOps, sendDraftOps } from '~/api/drafts'
import { ApiError, UnreachableError } from '~/api/problem'
import type { Draft as StoredDraft } from '~/api/types'
import { completeDocument, type WorkflowDocument } from '~/model/workflow'
import { batchesOf, collisionOf } from './events'
import { type Draft, Unreachable, type Wire } from './session'

/** Statuses that pass by themselves: the server restarts or is busy, one has to log in, or a proxy is in between. */
const PASSING = new Set([401, 408, 425, 429, 500, 502, 503, 504])

/** What the server keeps, as a session begins with it. */
export const draftOf = ({ document, revision }: StoredDraft): Draft => ({
  document: completeDocument(document as unknown as WorkflowDocument),
  revision,
})

export function restWire(workflow: string, client: string, onLoad: (draft: StoredDraft) => void): Wire {
  return {
    load: () =>
      passing(async () => {
        const draft = await fetchDraft(workflow)
        onLoad(draft)
        return draftOf(draft)
      }),
    send: (revision, ops) =>
      passing(async () => {
        const answer = await sendDraftOps(workflow, { client, revision, ops })
        return {
          revision: answer.revision,
          applied: answer.applied,
          collisions: answer.conflicts.map(collisionOf),
          others: batchesOf(answer.ops),
        }
      }),
    since: (revision) =>
      passing(async () => {
        try {
          return batchesOf(await fetchDraftOps(workflow, revision))
        } catch (error) {
          // Older than what is kept.
          if (error instanceof ApiError && error.status === 410) return null
          throw error
        }
      }),
  }
}

async function passing<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    const passes =
      error instanceof UnreachableError || (error instanceof ApiError && PASSING.has(error.status))
    throw passes ? new Unreachable(error.message) : error
  }
}

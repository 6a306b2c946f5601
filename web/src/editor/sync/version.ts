/** Making a version of a draft, told apart by how it can end. */

import { createVersion } from '~/api/drafts'
import { ApiError } from '~/api/problem'
import type { NewVersion } from '~/api/types'
import { words } from '~/i18n'
import type { Problem } from '~/model/workflow'
import type { Saved } from '../state'
import type { LiveDraft } from './live'

export type VersionOutcome =
  | { kind: 'made'; saved: Saved }
  | { kind: 'invalid'; problems: readonly Problem[] }

/** Somebody else may be typing: each time, what they did is fetched first. */
const TRIES = 5

/** Everything that was edited is sent first, so that the version is what the person sees. */
export async function versionOf(
  live: LiveDraft,
  wanted: Omit<NewVersion, 'revision'>,
): Promise<VersionOutcome> {
  const { session, workflow } = live
  for (let left = TRIES; ; left -= 1) {
    if (!(await live.flush())) throw new Error(words.drafts.notSent(session.state))
    const { document, revision } = session
    try {
      const made = await createVersion(workflow, { ...wanted, revision })
      return { kind: 'made', saved: { document, version: made.version, published: made.published } }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.status === 422) return { kind: 'invalid', problems: error.problems }
      if (error.code !== 'draft.moved' || left === 1) throw error
      await session.catchUp()
    }
  }
}

/** Bringing a version that somebody else saved into a draft that began before it. */

import { fetchWorkflow } from '~/api/workflows'
import { apply, diff } from '~/model/ops'
import { completeDocument, type WorkflowDocument } from '~/model/workflow'
import type { Saved } from '../state'
import type { LiveDraft } from './live'

interface Merged {
  document: WorkflowDocument
  saved: Saved
  /** Places that are different in both; the draft's are kept. */
  kept: number
}

export async function mergeNewest(live: LiveDraft, draft: WorkflowDocument): Promise<Merged> {
  const { base, newest } = live.facts
  const [from, to] = await Promise.all([
    fetchWorkflow(live.workflow, base),
    fetchWorkflow(live.workflow, newest),
  ])
  const theirs = completeDocument(to.document)
  const { document, collisions } = apply(draft, diff(completeDocument(from.document), theirs))
  return {
    document,
    saved: { document: theirs, version: to.version, published: to.published },
    kept: collisions.length,
  }
}

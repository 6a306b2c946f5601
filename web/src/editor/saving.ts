/** Saving a version, told apart by how it can end. */

import { ApiError } from '~/api/problem'
import type { Workflow } from '~/api/types'
import { createWorkflow, type SaveWorkflow, saveWorkflow } from '~/api/workflows'
import type { Problem, WorkflowDocument } from '~/model/workflow'

export type SaveOutcome =
  | { kind: 'published'; workflow: Workflow }
  | { kind: 'unpublished'; workflow: Workflow; problems: readonly Problem[] }
  | { kind: 'conflict' }

interface SaveRequest {
  document: WorkflowDocument
  /** Version the draft started from; without it, what is there is overwritten by a newer version. */
  ifMatch?: number
}

async function put(request: SaveWorkflow): Promise<Workflow> {
  try {
    return await saveWorkflow(request)
  } catch (error) {
    // Deleted meanwhile: the draft becomes a workflow again.
    if (error instanceof ApiError && error.status === 404)
      return createWorkflow(request.document, request.publish)
    throw error
  }
}

/** Save and publish; what has errors is saved without being published, so that no work is lost. */
export async function saveDocument({ document, ifMatch }: SaveRequest): Promise<SaveOutcome> {
  try {
    const workflow = await put({ document, publish: true, ifMatch })
    return { kind: 'published', workflow }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.status === 412) return { kind: 'conflict' }
    if (error.status !== 422) throw error
    const workflow = await put({ document, publish: false, ifMatch })
    return { kind: 'unpublished', workflow, problems: error.problems }
  }
}

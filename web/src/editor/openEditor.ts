import type { Workflow } from '~/api/types'
import { sameJson } from '~/model/json'
import type { NodeTypes } from '~/model/nodeType'
import { completeDocument, type WorkflowDocument } from '~/model/workflow'
import { dropDraft, readDraft } from './drafts'
import { createEditor, type Editor } from './store'

/** An editor for a workflow as the server has it, with unsaved work of an earlier visit on top. */
export function openEditor(
  workflow: Workflow,
  types: NodeTypes,
  execution: string | null,
): { editor: Editor; restored: boolean } {
  const document = completeDocument(workflow.document)
  const draft = readDraft(workflow.name)
  const changed = draft !== null && !sameJson(draft.document, document)
  if (draft && !changed) dropDraft(workflow.name)
  const kept: WorkflowDocument | null = changed ? completeDocument(draft.document) : null
  // A draft of an older version stays one: saving it then tells of the conflict, and loses neither side.
  const version = changed ? draft.version : workflow.version
  const saved = { document, version, published: workflow.published }
  return { editor: createEditor({ saved, types, draft: kept, execution }), restored: changed }
}

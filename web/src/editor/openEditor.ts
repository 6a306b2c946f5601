import { openFramesOf } from '~/canvas/openFrames'
import type { NodeTypes } from '~/model/nodeType'
import type { Saved } from './state'
import { createEditor, type Editor } from './store'
import type { LiveDraft } from './sync/live'
import { readHistory } from './sync/undoKeeping'

/** An editor for a draft, with the steps of an earlier visit of this tab to take back. */
export function openEditor(
  live: LiveDraft,
  saved: Saved,
  types: NodeTypes,
  execution: string | null,
): Editor {
  return createEditor({
    saved,
    types,
    execution,
    draft: live.session.document,
    history: readHistory(live.workflow),
    frames: openFramesOf(live.workflow),
  })
}

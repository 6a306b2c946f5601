import { openFramesOf } from '~/canvas/openFrames'
import type { NodeTypes } from '~/model/nodeType'
import type { Saved } from './state'
import { createEditor, type Editor } from './store'
import type { LiveDraft } from './sync/live'
import { readHistory } from './sync/undoKeeping'
import { knowsTour } from './tour/remember'

/** Windows as wide as this have room for the palette beside the canvas, px. */
const PALETTE_FROM = 1024

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
    // On a tablet the graph has the room; the palette is one press away.
    panels: {
      palette: window.innerWidth >= PALETTE_FROM,
      tour: !knowsTour() && Object.keys(live.session.document.nodes).length === 0,
    },
    frames: openFramesOf(live.workflow),
  })
}

import { IconLayoutSidebarRightExpand } from '@tabler/icons-react'
import { words } from '~/i18n'
import { type Action, allowed } from '../action'
import { soleNode, withPanels } from '../state'
import { writeNote } from './notes'

/** Bring up the inspector for the chosen node, also when it was folded; a note is written. */
export const openNode: Action = {
  id: 'node.open',
  label: words.editor.actions.open,
  icon: IconLayoutSidebarRightExpand,
  shortcuts: ['enter'],
  listed: true,
  undoable: false,
  enabled: (state) => soleNode(state) !== null || allowed(writeNote, state),
  perform: (state) =>
    soleNode(state) === null
      ? writeNote.perform(state, undefined)
      : withPanels(state, { inspector: true, inspectorFollows: true }),
}

import { IconLayoutSidebarRightExpand } from '@tabler/icons-react'
import { words } from '~/i18n'
import type { Action } from '../action'
import { soleNode, withPanels } from '../state'

/** Bring up the inspector for the chosen node, also when it was folded. */
export const openNode: Action = {
  id: 'node.open',
  label: words.editor.actions.open,
  icon: IconLayoutSidebarRightExpand,
  shortcuts: ['enter'],
  listed: true,
  undoable: false,
  enabled: (state) => soleNode(state) !== null,
  perform: (state) => withPanels(state, { inspector: true, inspectorFollows: true }),
}

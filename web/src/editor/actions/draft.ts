import { words } from '~/i18n'
import type { WorkflowDocument } from '~/model/workflow'
import type { Action } from '../action'

/** The draft as it is with what others did; no step of one's own. */
export const received: Action<WorkflowDocument> = {
  id: 'draft.received',
  label: words.editor.actions.edit,
  undoable: false,
  perform: (state, document) => ({ ...state, root: document }),
}

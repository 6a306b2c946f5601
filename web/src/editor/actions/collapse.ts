import { IconFold } from '@tabler/icons-react'
import { words } from '~/i18n'
import type { WorkflowDocument } from '~/model/workflow'
import type { Action } from '../action'
import { select, withPanels } from '../state'
import { chosenNodes } from './notes'

/** Make a workflow of its own of the chosen nodes: opens the dialog that says what becomes of them. */
export const collapseSelection: Action = {
  id: 'selection.collapse',
  label: words.collapse.action,
  icon: IconFold,
  shortcuts: ['mod+alt+g'],
  listed: true,
  undoable: false,
  edits: true,
  enabled: (state) => chosenNodes(state).length > 0,
  perform: (state) => withPanels(state, { collapsing: true }),
}

/** The workflow is there: its nodes give way to the call. */
export const applyCollapse: Action<{ document: WorkflowDocument; call: string; title: string }> = {
  id: 'selection.collapse.apply',
  label: words.collapse.action,
  undoable: true,
  describe: ({ title }) => words.collapse.step(title),
  perform: (state, { document, call }) =>
    withPanels(select({ ...state, document }, [call]), { collapsing: false }),
}

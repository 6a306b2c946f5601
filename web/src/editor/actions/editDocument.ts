import { words } from '~/i18n'
import type { NodeTypes } from '~/model/nodeType'
import { validateWiring } from '~/model/validate'
import type { WorkflowDocument } from '~/model/workflow'
import type { Action } from '../action'
import type { Checks } from '../state'

/** Replace the whole document, e.g. by edited YAML; what is open stays open. */
export const editDocument: Action<{ document: WorkflowDocument; label: string }> = {
  id: 'document.edit',
  label: words.editor.actions.edit,
  undoable: true,
  describe: ({ label }) => label,
  perform: (state, { document }) => ({ ...state, root: document }),
}

/** An answer of the server's validation, or the reason there is none. */
export const checked: Action<Partial<Checks>> = {
  id: 'document.checked',
  label: words.editor.actions.check,
  undoable: false,
  perform: (state, checks) => ({ ...state, checks: { ...state.checks, ...checks } }),
}

/** The registry has changed: wires are checked against the new types. */
export const retype: Action<NodeTypes> = {
  id: 'types.set',
  label: words.editor.actions.check,
  undoable: false,
  perform: (state, types) =>
    state.types === types
      ? state
      : { ...state, types, checks: { ...state.checks, instant: validateWiring(state.root, types) } },
}

import { words } from '~/i18n'
import { problemNode } from '~/model/validate'
import type { Problem } from '~/model/workflow'
import type { Action } from '../action'
import { select as choose, type Selection, withPanels } from '../state'

export const selectItems: Action<Selection> = {
  id: 'selection.set',
  label: words.editor.actions.select,
  undoable: false,
  perform: (state, { nodes, edges }) => choose({ ...state, focus: null }, nodes, edges),
}

/** Go to where a problem is: its node, and the field in the form. */
export const showProblem: Action<Problem> = {
  id: 'problem.show',
  label: words.editor.actions.showProblem,
  undoable: false,
  perform(state, problem) {
    const node = problemNode(state.document, problem)
    const [root, index] = problem.pointer.split('/').slice(1)
    const edge = root === 'edges' ? state.document.edges[Number(index)] : undefined
    const shown = choose(
      { ...state, focus: problem.pointer },
      node && !edge ? [node] : [],
      edge ? [edge] : [],
    )
    return withPanels(shown, { inspector: true, inspectorTab: 'config' })
  },
  effect: ({ services, after }) => {
    const [id] = after.selection.nodes
    if (id) services.show(id)
  },
}

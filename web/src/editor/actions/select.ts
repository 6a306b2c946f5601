import { words } from '~/i18n'
import { bodyOf, openBody } from '~/model/bodies'
import { problemNode } from '~/model/validate'
import type { Problem } from '~/model/workflow'
import type { Action } from '../action'
import { select as choose, type Selection, withPanels } from '../state'
import { samePath } from './bodies'
import { unfolded } from './frames'

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
    const { path, pointer } = bodyOf(problem)
    const document = openBody(state.root, path)
    const node = problemNode(document, { ...problem, pointer })
    const [root, index] = pointer.split('/').slice(1)
    const edge = root === 'edges' ? document.edges[Number(index)] : undefined
    const shown = choose(
      { ...state, frames: unfolded(state, path), path: samePath(state.path, path), document, focus: pointer },
      node && !edge ? [node] : [],
      edge ? [edge] : [],
    )
    return withPanels(shown, { inspector: true, inspectorTab: 'config' })
  },
  effect: ({ services, before, after }) => {
    const [id] = after.selection.nodes
    if (!id) return
    if (before.path === after.path) services.show(id)
    // Another graph has to be drawn first.
    else requestAnimationFrame(() => requestAnimationFrame(() => services.show(id)))
  },
}

import { words } from '~/i18n'
import { closesCycle } from '~/model/edgeIndex'
import { type Edge, formatEdge } from '~/model/edges'
import { connect as wire } from '~/model/edits'
import { refuseWire } from '~/model/ports'
import type { Action } from '../action'

/** Draw a wire. What does not fit is refused here too, whoever asks. */
export const connect: Action<Edge> = {
  id: 'edge.connect',
  label: words.editor.actions.connect,
  undoable: true,
  perform(state, edge) {
    const { document, types } = state
    if (closesCycle(document.edges, edge.source, edge.target) || refuseWire(document, types, edge))
      return state
    const next = wire(document, edge)
    return { ...state, document: next, selection: { nodes: [], edges: [formatEdge(edge)] } }
  },
}

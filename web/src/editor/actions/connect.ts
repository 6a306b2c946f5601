import { words } from '~/i18n'
import { closesCycle } from '~/model/edgeIndex'
import { type Edge, formatEdge } from '~/model/edges'
import { disconnect, reconnect as rewire, connect as wire } from '~/model/edits'
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

/** Put an end of a wire elsewhere. What does not fit leaves the wire as it was. */
export const reconnect: Action<{ from: Edge; to: Edge }> = {
  id: 'edge.reconnect',
  label: words.canvas.actions.reconnect,
  undoable: true,
  perform(state, { from, to }) {
    const { document, types } = state
    const without = disconnect(document, [from])
    if (closesCycle(without.edges, to.source, to.target) || refuseWire(without, types, to)) return state
    const next = rewire(document, from, to)
    if (next === document) return state
    return { ...state, document: next, selection: { nodes: [], edges: [formatEdge(to)] } }
  },
}

import { words } from '~/i18n'
import { allIds } from '~/model/bodies'
import type { Edge } from '~/model/edges'
import { addNode as add, connect, idForType, insertOnEdge } from '~/model/edits'
import { NODE_HEIGHT, NODE_WIDTH, positionsOf, withPlaces } from '~/model/layout'
import { findType } from '~/model/nodeType'
import { firstFittingPort, mainOutlet, outletType, refuseWire } from '~/model/ports'
import type { Position, WorkflowDocument } from '~/model/workflow'
import type { Action } from '../action'
import { type EditorState, select, withPanels } from '../state'

export interface AddNode {
  type: string
  /** Upper left corner; without one, right of the chosen node. */
  at?: Position
  /** Wire the new node to this outlet. */
  from?: { node: string; outlet: string }
  /** Put the new node into this edge. */
  into?: Edge
}

export const addNode: Action<AddNode> = {
  id: 'node.add',
  label: words.editor.actions.addNode,
  undoable: true,
  describe: ({ type }, state) => words.editor.actions.addNamed(state.types.get(type)?.title ?? type),
  perform(state, { type, at, from, into }) {
    const id = idForType(state.document, type, allIds(state.root.nodes))
    const nodeType = state.types.get(type)
    const versioned = nodeType ? `${type}@${nodeType.version}` : type
    const placed = withPlaces(state.document)
    const node = nodeType?.container ? { type: versioned, body: { nodes: {} } } : { type: versioned }
    let document = add(placed, id, node, freePlace(placed, at ?? beside(state, from?.node)))
    const source = from ?? (at || into ? undefined : followed(state, id, document))
    if (into && nodeType) {
      const port = firstFittingPort(nodeType, outletType(document, state.types, into.source, into.outlet))
      if (port) document = insertOnEdge(document, into, id, port, mainOutlet(nodeType))
    } else if (source && nodeType) {
      const port = firstFittingPort(nodeType, outletType(document, state.types, source.node, source.outlet))
      const edge = port && { source: source.node, outlet: source.outlet, target: id, port }
      if (edge && !refuseWire(document, state.types, edge)) document = connect(document, edge)
    }
    return withPanels(select({ ...state, document }, [id]), { quickAdd: null, inspectorTab: 'config' })
  },
}

/** With Enter in the palette, a node follows the chosen one when it can take its data. */
function followed(state: EditorState, id: string, document: WorkflowDocument) {
  const chosen = state.selection.nodes
  const [node] = chosen
  if (chosen.length !== 1 || node === undefined || node === id || !(node in document.nodes)) return undefined
  const type = findType(state.types, document.nodes[node]?.type ?? '')
  return type ? { node, outlet: mainOutlet(type) } : undefined
}

function beside(state: EditorState, from: string | undefined): Position {
  const positions = positionsOf(state.document)
  const anchor = positions[from ?? state.selection.nodes[0] ?? Object.keys(state.document.nodes).at(-1) ?? '']
  return anchor ? [anchor[0] + NODE_WIDTH + 80, anchor[1]] : [0, 0]
}

/** The place itself, or the next one below it that no node covers. */
function freePlace(document: WorkflowDocument, [x, y]: Position): Position {
  const taken = Object.values(positionsOf(document))
  let top = y
  while (taken.some(([left, up]) => Math.abs(left - x) < NODE_WIDTH && Math.abs(up - top) < NODE_HEIGHT)) {
    top += NODE_HEIGHT + 32
  }
  return [x, top]
}

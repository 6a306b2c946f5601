import { noteUse } from '~/canvas/preferences'
import { nameNewPort } from '~/canvas/wiring'
import { words } from '~/i18n'
import { roomBetween } from '~/model/arrange'
import { allIds } from '~/model/bodies'
import type { Edge } from '~/model/edges'
import { addNode as add, connect, idForType, insertOnEdge, moveNodes } from '~/model/edits'
import { NODE_HEIGHT, NODE_WIDTH, positionsOf, withPlaces } from '~/model/layout'
import { findType, type NodeType } from '~/model/nodeType'
import {
  firstFittingOutlet,
  firstFittingPort,
  mainOutlet,
  nodeTypeOf,
  outletType,
  portOf,
  refuseWire,
} from '~/model/ports'
import type { Position, WorkflowDocument } from '~/model/workflow'
import type { Action } from '../action'
import { type EditorState, select, withPanels } from '../state'

export interface AddNode {
  type: string
  /** Upper left corner; without one, right of the chosen node. */
  at?: Position
  /** Wire the new node to this outlet. */
  from?: { node: string; outlet: string }
  /** Wire this port to the new node. */
  to?: { node: string; port: string }
  /** Put the new node into this edge. */
  into?: Edge
}

export const addNode: Action<AddNode> = {
  id: 'node.add',
  label: words.editor.actions.addNode,
  undoable: true,
  describe: ({ type }, state) => words.editor.actions.addNamed(state.types.get(type)?.title ?? type),
  perform(state, wish) {
    const { type } = wish
    const id = idForType(state.document, type, allIds(state.root.nodes))
    const nodeType = state.types.get(type)
    const versioned = nodeType ? `${type}@${nodeType.version}` : type
    const placed = withPlaces(state.document)
    const node = nodeType?.container ? { type: versioned, body: { nodes: {} } } : { type: versioned }
    const { at, document: roomy } = standAside(state, placed, wish)
    const added = add(roomy, id, node, freePlace(roomy, at))
    const document = nodeType ? wired(state, added, id, nodeType, wish) : added
    return withPanels(select({ ...state, document }, [id]), { quickAdd: null, inspectorTab: 'config' })
  },
  effect: ({ args }) => noteUse(args.type),
}

function standAside(
  state: EditorState,
  placed: WorkflowDocument,
  { at, from, to, into }: AddNode,
): { at: Position; document: WorkflowDocument } {
  if (!into) return { at: at ?? beside(state, from?.node, to?.node), document: placed }
  const room = roomBetween(placed, positionsOf(placed), into, at)
  return { at: room.at, document: moveNodes(placed, room.moved) }
}

function wired(
  state: EditorState,
  document: WorkflowDocument,
  id: string,
  type: NodeType,
  { at, from, to, into }: AddNode,
): WorkflowDocument {
  if (into) return putInto(document, state, into, id) ?? document
  if (to) {
    const target = nodeTypeOf(document, state.types, to.node)
    const wanted = target && portOf(target, to.port)
    const outlet = firstFittingOutlet(type, wanted)
    if (outlet === null) return document
    const edge = nameNewPort(document, { source: id, outlet, target: to.node, port: to.port })
    return refuseWire(document, state.types, edge) ? document : connect(document, edge)
  }
  const source = from ?? (at ? undefined : followed(state, id, document))
  const given = source && outletType(document, state.types, source.node, source.outlet)
  const port = given && firstFittingPort(type, given)
  if (!source || !port) return document
  const edge = { source: source.node, outlet: source.outlet, target: id, port }
  return refuseWire(document, state.types, edge) ? document : connect(document, edge)
}

/** The document with a node of it put into an edge; null when it doesn't fit there. */
export function putInto(
  document: WorkflowDocument,
  { types }: Pick<EditorState, 'types'>,
  edge: Edge,
  id: string,
): WorkflowDocument | null {
  const type = nodeTypeOf(document, types, id)
  const port = type && firstFittingPort(type, outletType(document, types, edge.source, edge.outlet))
  return type && port ? insertOnEdge(document, edge, id, port, mainOutlet(type)) : null
}

/** With Enter in the palette, a node follows the chosen one when it can take its data. */
function followed(state: EditorState, id: string, document: WorkflowDocument) {
  const chosen = state.selection.nodes
  const [node] = chosen
  if (chosen.length !== 1 || node === undefined || node === id || !(node in document.nodes)) return undefined
  const type = findType(state.types, document.nodes[node]?.type ?? '')
  return type ? { node, outlet: mainOutlet(type) } : undefined
}

const COLUMN = NODE_WIDTH + 80

function beside(state: EditorState, from: string | undefined, to: string | undefined): Position {
  const positions = positionsOf(state.document)
  const next = to === undefined ? undefined : positions[to]
  if (next) return [next[0] - COLUMN, next[1]]
  const anchor = positions[from ?? state.selection.nodes[0] ?? Object.keys(state.document.nodes).at(-1) ?? '']
  return anchor ? [anchor[0] + COLUMN, anchor[1]] : [0, 0]
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

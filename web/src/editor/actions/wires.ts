import { IconArrowBarLeft, IconArrowBarRight, IconArrowsJoin, IconRowInsertBottom } from '@tabler/icons-react'
import { freeInputs, outletChoices } from '~/canvas/freePorts'
import { words } from '~/i18n'
import { edgeIndex } from '~/model/edgeIndex'
import { type Edge, formatEdge, parseEdge } from '~/model/edges'
import { NODE_WIDTH, positionsOf } from '~/model/layout'
import type { Position } from '~/model/workflow'
import type { Action } from '../action'
import { type EditorState, select, soleNode, withPanels } from '../state'

const t = words.canvas.actions
const APART = NODE_WIDTH + 80

const placeOf = (state: EditorState, id: string): Position => positionsOf(state.document)[id] ?? [0, 0]

function firstOutlet(state: EditorState): { node: string; outlet: string } | null {
  const node = soleNode(state)
  const outlet = node === null ? undefined : outletChoices(state.document, state.types, node)[0]
  return node === null || outlet === undefined ? null : { node, outlet }
}

/** The list of what can follow the chosen node. */
export const addAfter: Action = {
  id: 'wire.after',
  label: t.addAfter,
  icon: IconArrowBarRight,
  shortcuts: ['n'],
  listed: true,
  undoable: false,
  edits: true,
  enabled: (state) => firstOutlet(state) !== null,
  perform(state) {
    const from = firstOutlet(state)
    if (!from) return state
    const [x, y] = placeOf(state, from.node)
    return withPanels(state, { quickAdd: { at: [x + APART, y], from } })
  },
}

/** What the node that `addBefore` offers is wired to: a free port, else it stands in the wire to the first one. */
function before(state: EditorState): { to: { node: string; port: string } } | { into: Edge } | null {
  const node = soleNode(state)
  if (node === null) return null
  const [port] = freeInputs(state.document, state.types, node)
  if (port !== undefined) return { to: { node, port } }
  const into = edgeIndex(state.document.edges).incoming.get(node)?.[0]
  return into ? { into } : null
}

/** The list of what can feed the chosen node. */
export const addBefore: Action = {
  id: 'wire.before',
  label: t.addBefore,
  icon: IconArrowBarLeft,
  shortcuts: ['shift+n'],
  listed: true,
  undoable: false,
  edits: true,
  enabled: (state) => before(state) !== null,
  perform(state) {
    const found = before(state)
    if (!found) return state
    if ('into' in found) return asked(state, found.into)
    const [x, y] = placeOf(state, found.to.node)
    return withPanels(state, { quickAdd: { at: [x - APART, y], to: found.to } })
  },
}

function soleEdge(state: EditorState): Edge | null {
  const { nodes, edges } = state.selection
  return nodes.length === 0 && edges.length === 1 ? parseEdge(edges[0] ?? '') : null
}

/** The list of what fits into an edge, at its middle. */
function asked(state: EditorState, { source, outlet, target, port }: Edge): EditorState {
  const [from, to] = [placeOf(state, source), placeOf(state, target)]
  const middle = (from[0] + NODE_WIDTH + to[0]) / 2
  const at: Position = [middle - NODE_WIDTH / 2, (from[1] + to[1]) / 2]
  return withPanels(state, { quickAdd: { at, into: { source, outlet, target, port } } })
}

/** The list of what fits into the chosen wire. */
export const insertHere: Action = {
  id: 'wire.insert',
  label: t.insert,
  icon: IconRowInsertBottom,
  shortcuts: ['i'],
  listed: true,
  undoable: false,
  edits: true,
  enabled: (state) => soleEdge(state) !== null,
  perform(state) {
    const edge = soleEdge(state)
    return edge ? asked(state, edge) : state
  },
}

/** Wires of the chosen node, or those that share an end with the chosen wire, in the order of the document. */
function wiresAround(state: EditorState): string[] {
  const { incoming, outgoing } = edgeIndex(state.document.edges)
  const node = soleNode(state)
  const edge = soleEdge(state)
  const found =
    node !== null
      ? [...(outgoing.get(node) ?? []), ...(incoming.get(node) ?? [])]
      : edge
        ? [...(outgoing.get(edge.source) ?? []), ...(incoming.get(edge.target) ?? [])]
        : []
  return [...new Set(found.map((wire) => state.document.edges[wire.index] ?? formatEdge(wire)))]
}

/** With keys alone, a wire is reached from its node. */
export const selectWire: Action = {
  id: 'wire.select',
  label: t.selectWire,
  icon: IconArrowsJoin,
  shortcuts: ['w'],
  listed: true,
  undoable: false,
  enabled: (state) => wiresAround(state).length > 0,
  perform(state) {
    const wires = wiresAround(state)
    const next = wires[(wires.indexOf(state.selection.edges[0] ?? '') + 1) % wires.length]
    return next === undefined ? state : select(state, [], [next])
  },
  effect({ services, after }) {
    const edge = soleEdge(after)
    if (edge) services.show(edge.target)
  },
}

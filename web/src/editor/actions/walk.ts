import { IconArrowBigLeftLines, IconArrowBigRightLines } from '@tabler/icons-react'
import { words } from '~/i18n'
import { behind } from '~/model/arrange'
import { ancestors, edgeIndex } from '~/model/edgeIndex'
import { parseEdge } from '~/model/edges'
import { positionsOf } from '~/model/layout'
import type { Action } from '../action'
import { type EditorState, select } from '../state'

type Step = (state: EditorState, id: string) => string | undefined

const upstream: Step = ({ document }, id) => edgeIndex(document.edges).incoming.get(id)?.[0]?.source
const downstream: Step = ({ document }, id) => edgeIndex(document.edges).outgoing.get(id)?.[0]?.target

/** The nearest node above or below, columns apart counting twice. */
function nearest(direction: 1 | -1): Step {
  return ({ document }, id) => {
    const positions = positionsOf(document)
    const from = positions[id]
    if (!from) return undefined
    const candidates = Object.entries(positions)
      .filter(([other, [, y]]) => other !== id && (y - from[1]) * direction > 0)
      .map(([other, [x, y]]) => ({ other, distance: Math.abs(y - from[1]) + 2 * Math.abs(x - from[0]) }))
    return candidates.sort((left, right) => left.distance - right.distance)[0]?.other
  }
}

/** From a chosen wire one walks to the node at its end. */
function endOfWire(state: EditorState, key: string): string | undefined {
  const edge = parseEdge(state.selection.edges[0] ?? '')
  if (!edge || state.selection.nodes.length > 0) return undefined
  return key === 'arrowleft' ? edge.source : key === 'arrowright' ? edge.target : undefined
}

function walk(key: string, step: Step): Action {
  return {
    id: `walk.${key}`,
    label: words.editor.actions.walk,
    shortcuts: [key],
    undoable: false,
    enabled: (state) => Object.keys(state.document.nodes).length > 0,
    perform(state) {
      const current = state.selection.nodes.at(-1)
      const next =
        endOfWire(state, key) ??
        (current === undefined ? Object.keys(state.document.nodes)[0] : step(state, current))
      return next && next in state.document.nodes ? select(state, [next]) : state
    },
    effect: ({ services, after }) => {
      const [id] = after.selection.nodes
      if (id) services.show(id)
    },
  }
}

/** Arrows walk along the wires, up and down to the nearest node. */
export const walks: readonly Action[] = [
  walk('arrowleft', upstream),
  walk('arrowright', downstream),
  walk('arrowup', nearest(-1)),
  walk('arrowdown', nearest(1)),
]

/** Shift+arrows add all that leads to the chosen nodes, or all that they lead to. */
function reach(
  key: string,
  label: string,
  icon: Action['icon'],
  of: (edges: readonly string[], id: string) => string[],
): Action {
  return {
    id: `reach.${key}`,
    label,
    icon,
    shortcuts: [`shift+${key}`],
    listed: true,
    undoable: false,
    enabled: (state) => state.selection.nodes.length > 0,
    perform({ document, selection, ...state }) {
      const nodes = new Set(selection.nodes)
      for (const id of selection.nodes) for (const other of of(document.edges, id)) nodes.add(other)
      const known = [...nodes].filter((id) => id in document.nodes)
      return select({ document, selection, ...state }, known)
    },
  }
}

export const selectUpstream = reach(
  'arrowleft',
  words.canvas.actions.selectUpstream,
  IconArrowBigLeftLines,
  ancestors,
)
export const selectDownstream = reach(
  'arrowright',
  words.canvas.actions.selectDownstream,
  IconArrowBigRightLines,
  behind,
)

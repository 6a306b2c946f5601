/** Copied nodes: what goes along with them, and how they are put into a workflow. Their text: `fragmentText.ts`. */

import { parseEdge, parseEdges } from './edges'
import { connect, freshId } from './edits'
import { positionsOf } from './layout'
import { followed, renameInExpressions } from './rename'
import { undoOf, withUndo } from './undo'
import type { Position, WorkflowDocument, WorkflowNode } from './workflow'

export interface Fragment {
  nodes: Record<string, WorkflowNode>
  edges: string[]
  layout: Record<string, Position>
}

/** The chosen nodes with the edges between them. */
export function fragmentOf(document: WorkflowDocument, ids: readonly string[]): Fragment {
  const chosen = ids.filter((id) => id in document.nodes)
  const set = new Set(chosen)
  const positions = positionsOf(document)
  return {
    nodes: Object.fromEntries(chosen.flatMap((id) => (document.nodes[id] ? [[id, document.nodes[id]]] : []))),
    edges: document.edges.filter((text) => {
      const edge = parseEdge(text)
      return edge !== null && set.has(edge.source) && set.has(edge.target)
    }),
    layout: {
      ...Object.fromEntries(chosen.map((id): [string, Position] => [id, positions[id] ?? [0, 0]])),
      ...Object.fromEntries(insides(document.layout).filter(([key]) => set.has(key.split('/')[0] ?? ''))),
    },
  }
}

/** Places in bodies, `container/node`. */
const insides = (layout: Readonly<Record<string, Position>> = {}): [string, Position][] =>
  Object.entries(layout).filter(([key]) => key.includes('/'))

export interface Pasted {
  document: WorkflowDocument
  ids: string[]
}

/** Paste with fresh ids; edges and expressions between the pasted nodes follow. `offset` is in px. */
export function pasteFragment(
  document: WorkflowDocument,
  fragment: Fragment,
  offset: Position,
  /** Names that are used elsewhere in the workflow. */
  used: ReadonlySet<string> = new Set(),
): Pasted {
  const names = new Map<string, string>()
  const taken = new Set([...used, ...Object.keys(document.nodes)])
  for (const id of Object.keys(fragment.nodes)) {
    const name = freshId(taken, id)
    taken.add(name)
    names.set(id, name)
  }
  const follow = (text: string) => renameTogether(text, names)
  const nodes = { ...document.nodes }
  const layout = { ...document.layout }
  const places = positionsOf({ concertmaster: 1, name: 'clipboard', ...fragment })
  for (const [id, node] of Object.entries(fragment.nodes)) {
    const name = names.get(id) ?? id
    const pasted = followed(node, follow)
    const undo = undoOf(pasted)
    // What undoes the node it was copied from can't undo this one too.
    nodes[name] = undo === null ? pasted : withUndo(pasted, names.get(undo) ?? null)
    const [x, y] = places[id] ?? [0, 0]
    layout[name] = [x + offset[0], y + offset[1]]
  }
  for (const [key, place] of insides(fragment.layout)) {
    const [id = '', ...rest] = key.split('/')
    layout[[names.get(id) ?? id, ...rest].join('/')] = place
  }
  let next: WorkflowDocument = { ...document, nodes, layout }
  for (const edge of parseEdges(fragment.edges)) {
    const [source, target] = [names.get(edge.source), names.get(edge.target)]
    if (source && target) next = connect(next, { ...edge, source, target })
  }
  return { document: next, ids: [...names.values()] }
}

/** All renames at once, through names nobody can have, so that `a → b, b → c` does not run together. */
function renameTogether(text: string, names: ReadonlyMap<string, string>): string {
  let next = text
  const changed = [...names].filter(([from, to]) => from !== to)
  changed.forEach(([from], index) => {
    next = renameInExpressions(next, from, `pasted__${index}__`)
  })
  changed.forEach(([, to], index) => {
    next = renameInExpressions(next, `pasted__${index}__`, to)
  })
  return next
}

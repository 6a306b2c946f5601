/** Nodes that undo others: `policy.undo` names them. They have no edges, and run when a run is taken back. */

import { nodeTitle, type WorkflowDocument, type WorkflowNode } from './workflow'

type Nodes = WorkflowDocument['nodes']

export interface UndoLink {
  node: string
  /** Takes back what `node` did. */
  undo: string
}

const known = new WeakMap<Nodes, readonly UndoLink[]>()

export function undoOf(node: WorkflowNode | undefined): string | null {
  const undo = node?.policy?.undo
  return typeof undo === 'string' && undo !== '' ? undo : null
}

/** In document order, those between nodes that exist. Built once per record of nodes, which is immutable. */
export function undoLinks(nodes: Nodes): readonly UndoLink[] {
  const cached = known.get(nodes)
  if (cached) return cached
  const links = Object.entries(nodes).flatMap(([node, what]) => {
    const undo = undoOf(what)
    return undo !== null && undo !== node && undo in nodes ? [{ node, undo }] : []
  })
  known.set(nodes, links)
  return links
}

/** By the node that undoes: what it undoes. */
export function undoneBy(nodes: Nodes): ReadonlyMap<string, string> {
  return new Map(undoLinks(nodes).map(({ node, undo }) => [undo, node]))
}

/** By the node that undoes: the title of what it undoes. */
export function undoneTitles(nodes: Nodes): ReadonlyMap<string, string> {
  return new Map(undoLinks(nodes).map(({ node, undo }) => [undo, nodeTitle(node, nodes[node])]))
}

/** The node with another node that undoes it; null for none. */
export function withUndo(node: WorkflowNode, undo: string | null): WorkflowNode {
  const { undo: _, ...kept } = node.policy ?? {}
  const policy = undo === null ? kept : { ...kept, undo }
  const { policy: __, ...rest } = node
  return Object.keys(policy).length === 0 ? rest : { ...rest, policy }
}

/** What may undo a node: another one without edges that undoes nothing else and is not undone itself. */
export function undoCandidates(
  document: WorkflowDocument,
  id: string,
  wired: (id: string) => boolean,
): string[] {
  const own = undoOf(document.nodes[id])
  const taken = undoneBy(document.nodes)
  if (taken.has(id)) return own === null ? [] : [own]
  return Object.keys(document.nodes).filter(
    (other) =>
      other === own ||
      (other !== id && !wired(other) && !taken.has(other) && undoOf(document.nodes[other]) === null),
  )
}

/** The border of chosen nodes: what goes over it, and whether they can be a workflow of their own (`collapse.ts`). */

import { edgeIndex } from './edgeIndex'
import { DEFAULT_OUTLET, DEFAULT_PORT, type Edge, ERROR_OUTLET, parseEdges } from './edges'
import type { Json } from './json'
import type { NodeTypes } from './nodeType'
import { nodeTypeOf, outletType } from './ports'
import { referencesIn } from './rename'
import { undoLinks } from './undo'
import { nodeTitle, typeId, type WorkflowDocument, type WorkflowNode } from './workflow'

export type Refusal =
  | { why: 'nothing' | 'around' | 'undo' | 'policy' | 'branches' | 'result' }
  | { why: 'table' | 'branch' | 'error'; from: string; to: string }
  | { why: 'root'; node: string; root: string }

/** Roots that mean something else in a workflow of its own; the second ones do in the body of a loop. */
const FOREIGN = ['trigger', 'execution']
const OF_ITEMS = ['item', 'index']
export interface Border {
  chosen: ReadonlySet<string>
  entries: Edge[]
  inner: Edge[]
  exits: Edge[]
}

export function borderOf(document: WorkflowDocument, ids: readonly string[]): Border {
  const chosen = new Set(ids.filter((id) => id in document.nodes))
  const edges = parseEdges(document.edges)
  const side = (edge: Edge) => [chosen.has(edge.source), chosen.has(edge.target)] as const
  return {
    chosen,
    entries: edges.filter((edge) => !side(edge)[0] && side(edge)[1]),
    inner: edges.filter((edge) => side(edge)[0] && side(edge)[1]),
    exits: edges.filter((edge) => side(edge)[0] && !side(edge)[1]),
  }
}

/** Whether a value goes over a wire, or only the order. */
export function carries(document: WorkflowDocument, types: NodeTypes, { target, port }: Edge): boolean {
  const type = nodeTypeOf(document, types, target)
  const implicit = port === DEFAULT_PORT && type?.ports.find(({ name }) => name === port)?.implicit
  return !implicit || referencesOfNode(document.nodes[target]).some(({ root }) => root === 'input')
}

export const referencesOfNode = (node: WorkflowNode | undefined) =>
  referencesIn([
    node?.config ?? null,
    (node?.body ?? null) as unknown as Json,
    (node?.policy ?? null) as Json,
  ])

export function refusalOf(
  document: WorkflowDocument,
  types: NodeTypes,
  border: Border,
  container: WorkflowNode | undefined,
): Refusal | null {
  const foreignRoots = container ? [...FOREIGN, ...OF_ITEMS] : FOREIGN
  const { chosen, entries, inner, exits } = border
  if (chosen.size === 0) return { why: 'nothing' }
  if (comesBack(document, border)) return { why: 'around' }
  if (undoLinks(document.nodes).some(({ node, undo }) => chosen.has(node) || chosen.has(undo)))
    return { why: 'undo' }
  // The settings of the container name nodes of its body: what it gives, when it goes on.
  const read = referencesIn(container?.config ?? null)
  if (read.some(({ root, name }) => root === 'nodes' && name && chosen.has(name))) return { why: 'result' }
  const named = [document.policy?.on_failure, document.policy?.finally].flat()
  if (named.some((id) => typeof id === 'string' && chosen.has(id))) return { why: 'policy' }
  for (const id of chosen) {
    const foreign = referencesOfNode(document.nodes[id]).find(({ root }) => foreignRoots.includes(root))
    if (foreign) return { why: 'root', node: nodeTitle(id, document.nodes[id]), root: foreign.root }
  }
  const name = (id: string) => nodeTitle(id, document.nodes[id])
  for (const edge of [...entries, ...exits]) {
    const between = { from: name(edge.source), to: name(edge.target) }
    const leaves = chosen.has(edge.source)
    if (edge.outlet === ERROR_OUTLET) return { why: 'error', ...between }
    if (leaves && edge.outlet !== DEFAULT_OUTLET) return { why: 'branch', ...between }
    if (!carries(document, types, edge)) continue
    const { kind } = outletType(document, types, edge.source, edge.outlet)
    if (kind === 'table' || kind === 'file') return { why: 'table', ...between }
  }
  // What is skipped outside, or inside, is not skipped on the other side.
  const conditional = (edge: Edge) => edge.outlet !== DEFAULT_OUTLET
  const ways = new Set(entries.map(({ source, outlet }) => `${source}.${outlet}`))
  if (entries.some(conditional) && ways.size > 1) return { why: 'branches' }
  return exits.length > 0 && inner.some(conditional) ? { why: 'branches' } : null
}

export function unsureOf(document: WorkflowDocument, types: NodeTypes, { entries, exits }: Border): string[] {
  const sources = [...entries, ...exits].flatMap((edge) => {
    const unknown = outletType(document, types, edge.source, edge.outlet).kind === 'any'
    const sure = typeId(document.nodes[edge.source]?.type ?? '') === 'data.set'
    return unknown && !sure && carries(document, types, edge) ? [edge.source] : []
  })
  return [...new Set(sources)].map((id) => nodeTitle(id, document.nodes[id]))
}

/** Whether a way leads out of the chosen nodes and back into them. */
function comesBack(document: WorkflowDocument, { chosen, exits }: Border): boolean {
  const { outgoing } = edgeIndex(document.edges)
  const seen = new Set<string>()
  const queue = exits.map(({ target }) => target)
  for (const id of queue) {
    if (seen.has(id)) continue
    seen.add(id)
    for (const { target } of outgoing.get(id) ?? []) {
      if (chosen.has(target)) return true
      queue.push(target)
    }
  }
  return false
}

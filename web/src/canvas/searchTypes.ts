/** Finding node types by what people call them. */

import { DEFAULT_PORT, type Edge } from '~/model/edges'
import { findType, type NodeType, type NodeTypes } from '~/model/nodeType'
import {
  firstFittingOutlet,
  firstFittingPort,
  fits,
  mainOutlet,
  outletOf,
  outletType,
  portOf,
} from '~/model/ports'
import type { WorkflowDocument } from '~/model/workflow'
import { NEW_PORT } from './geometry'

/** Best first: name, then id, tag, category, then words of the description; 0 when it does not match. */
export function score(type: NodeType, query: string): number {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const title = type.title.toLowerCase()
  const last = type.id.split('.').at(-1) ?? ''
  let total = 1
  for (const word of words) {
    if (title.startsWith(word) || last.startsWith(word)) total += 100
    else if (title.includes(word)) total += 60
    else if (type.id.includes(word)) total += 40
    else if (type.tags.some((tag) => tag.toLowerCase().startsWith(word))) total += 30
    else if (type.category.toLowerCase().startsWith(word)) total += 20
    else if (type.description.toLowerCase().includes(word)) total += 10
    else return 0
  }
  return total
}

export function searchTypes(types: Iterable<NodeType>, query: string): NodeType[] {
  const scored = [...types]
    .map((type) => ({ type, score: score(type, query) }))
    .filter((item) => item.score > 0)
  if (query.trim() === '') return scored.map((item) => item.type)
  return scored.sort((left, right) => right.score - left.score).map((item) => item.type)
}

/** Categories in the order the server lists them, each with its types. */
export function byCategory(types: readonly NodeType[]): [category: string, types: NodeType[]][] {
  const groups = new Map<string, NodeType[]>()
  for (const type of types) {
    const group = groups.get(type.category)
    if (group) group.push(type)
    else groups.set(type.category, [type])
  }
  return [...groups]
}

/** Types that can take what leaves an outlet. */
export function typesAfter(
  document: WorkflowDocument,
  types: NodeTypes,
  from: { node: string; outlet: string },
): NodeType[] {
  const given = outletType(document, types, from.node, from.outlet)
  return [...types.values()].filter((type) => firstFittingPort(type, given) !== null)
}

/** Types one of whose outlets gives what a port takes. */
export function typesBefore(
  document: WorkflowDocument,
  types: NodeTypes,
  to: { node: string; port: string },
): NodeType[] {
  const wanted = wantedBy(document, types, to)
  return [...types.values()].filter((type) => firstFittingOutlet(type, wanted) !== null)
}

/** The declared port, null where the type of the node is not known: then everything fits. */
function wantedBy(document: WorkflowDocument, types: NodeTypes, to: { node: string; port: string }) {
  const target = findType(types, document.nodes[to.node]?.type ?? '')
  if (!target) return null
  return portOf(target, to.port === NEW_PORT ? DEFAULT_PORT : to.port)
}

/** Can a node of this type stand in the middle of the edge? */
export function fitsInto(document: WorkflowDocument, types: NodeTypes, edge: Edge, type: NodeType): boolean {
  const given = outletType(document, types, edge.source, edge.outlet)
  if (firstFittingPort(type, given) === null) return false
  const outlet = outletOf(type, mainOutlet(type))
  const wanted = wantedBy(document, types, { node: edge.target, port: edge.port })
  return (
    outlet !== null && (!wanted || wanted.implicit || outlet.passthrough || fits(outlet.type, wanted.type))
  )
}

/** Types that can stand in the middle of an edge. */
export function typesInto(document: WorkflowDocument, types: NodeTypes, edge: Edge): NodeType[] {
  return [...types.values()].filter((type) => fitsInto(document, types, edge, type))
}

/** Those of a list of ids that exist and are offered, in the order of the list. */
export function picked(ids: readonly string[], offered: readonly NodeType[]): NodeType[] {
  const known = new Map(offered.map((type) => [type.id, type]))
  return ids.flatMap((id) => known.get(id) ?? [])
}

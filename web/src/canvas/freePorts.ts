/** Ports of a node where something can still be added. */

import { edgeIndex } from '~/model/edgeIndex'
import { ERROR_OUTLET } from '~/model/edges'
import type { NodeTypes } from '~/model/nodeType'
import { nodeTypeOf, outletsOf } from '~/model/ports'
import { undoneBy } from '~/model/undo'
import type { WorkflowDocument } from '~/model/workflow'

/** Outlets of a node, those without a wire first; the error outlet last. None for a node that undoes another. */
export function outletChoices(document: WorkflowDocument, types: NodeTypes, id: string): string[] {
  const type = nodeTypeOf(document, types, id)
  if (!type || undoneBy(document.nodes).has(id)) return []
  const wired = new Set((edgeIndex(document.edges).outgoing.get(id) ?? []).map((edge) => edge.outlet))
  const names = outletsOf(type, document.nodes[id]?.config).map(({ name }) => name)
  const own = names.filter((name) => name !== ERROR_OUTLET)
  return [...own.filter((name) => !wired.has(name)), ...own.filter((name) => wired.has(name)), ERROR_OUTLET]
}

/** Ports of a node that no wire leads to, the required ones first. */
export function freeInputs(document: WorkflowDocument, types: NodeTypes, id: string): string[] {
  const type = nodeTypeOf(document, types, id)
  if (!type || undoneBy(document.nodes).has(id)) return []
  const wired = new Set((edgeIndex(document.edges).incoming.get(id) ?? []).map((edge) => edge.port))
  const free = type.ports.filter((port) => !wired.has(port.name))
  const order = [...free].sort((left, right) => Number(right.required) - Number(left.required))
  return order.map(({ name }) => name)
}

/** What the quick-add list offers, in which order, and under which headings. */

import { byCategory, picked, searchTypes, typesAfter, typesBefore, typesInto } from '~/canvas/searchTypes'
import { words } from '~/i18n'
import type { NodeType, NodeTypes } from '~/model/nodeType'
import { nodeTitle, type WorkflowDocument } from '~/model/workflow'
import type { QuickAdd } from './state'

export interface OfferGroup {
  /** Null for the hits of a search, best first. */
  title: string | null
  types: readonly NodeType[]
}

function offered(request: QuickAdd, document: WorkflowDocument, types: NodeTypes): NodeType[] {
  if (request.into) return typesInto(document, types, request.into)
  if (request.from) return typesAfter(document, types, request.from)
  if (request.to) return typesBefore(document, types, request.to)
  return [...types.values()]
}

const byTitle = (left: NodeType, right: NodeType) => left.title.localeCompare(right.title, 'en')

/** Without a query: the last used, then every category by title. A type stands in one group only. */
export function offers(
  request: QuickAdd,
  document: WorkflowDocument,
  types: NodeTypes,
  query: string,
  recent: readonly string[],
): OfferGroup[] {
  const all = offered(request, document, types)
  if (query.trim() !== '') {
    const found = searchTypes(all, query)
    return found.length === 0 ? [] : [{ title: null, types: found }]
  }
  const last = picked(recent, all)
  const others = all.filter((type) => !last.includes(type))
  const groups = byCategory(others).map(([category, list]) => ({
    title: words.editor.palette.categoryName(category),
    types: [...list].sort(byTitle),
  }))
  return last.length === 0 ? groups : [{ title: words.canvas.recent, types: last }, ...groups]
}

/** What the list is about, in words; null when anything may be added anywhere. */
export function offerNote(request: QuickAdd, document: WorkflowDocument): string | null {
  const name = (id: string) => nodeTitle(id, document.nodes[id])
  if (request.into) return words.canvas.port.fittingInto(name(request.into.source), name(request.into.target))
  if (request.from) return words.editor.quickAdd.fitting(name(request.from.node))
  return request.to ? words.canvas.port.fittingBefore(name(request.to.node)) : null
}

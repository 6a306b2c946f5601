import type { NodeType } from '~/model/nodeType'

export interface TypeGroup {
  category: string
  types: NodeType[]
}

/** Order of the categories: the way data goes through a workflow. Unknown ones follow by name. */
const ORDER = ['trigger', 'files', 'tables', 'database', 'http', 'data', 'logic', 'flow', 'code', 'messages']
const rank = (category: string): number => {
  const at = ORDER.indexOf(category)
  return at < 0 ? ORDER.length : at
}

/** Types whose title, id, description or tags hold every word of the search, by category. */
export function groupTypes(types: readonly NodeType[], search: string): TypeGroup[] {
  const wanted = search.toLowerCase().split(/\s+/).filter(Boolean)
  const groups = new Map<string, NodeType[]>()
  for (const type of types) {
    const text = [type.title, type.id, type.description, ...type.tags].join(' ').toLowerCase()
    if (!wanted.every((word) => text.includes(word))) continue
    groups.set(type.category, [...(groups.get(type.category) ?? []), type])
  }
  return [...groups]
    .sort(([left], [right]) => rank(left) - rank(right) || left.localeCompare(right))
    .map(([category, found]) => ({
      category,
      types: found.sort((left, right) => left.title.localeCompare(right.title)),
    }))
}

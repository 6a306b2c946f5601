/** Edges by source and by target. Built once per list of edges: the list is immutable and shared between documents. */

import { type Edge, parseEdge } from './edges'

export type IndexedEdge = Edge & { index: number }

export interface EdgeIndex {
  incoming: ReadonlyMap<string, readonly IndexedEdge[]>
  outgoing: ReadonlyMap<string, readonly IndexedEdge[]>
}

const known = new WeakMap<readonly string[], EdgeIndex>()

export function edgeIndex(edges: readonly string[]): EdgeIndex {
  const cached = known.get(edges)
  if (cached) return cached
  const incoming = new Map<string, IndexedEdge[]>()
  const outgoing = new Map<string, IndexedEdge[]>()
  edges.forEach((text, index) => {
    const edge = parseEdge(text)
    if (!edge) return
    const item = { ...edge, index }
    append(outgoing, edge.source, item)
    append(incoming, edge.target, item)
  })
  const index = { incoming, outgoing }
  known.set(edges, index)
  return index
}

function append(map: Map<string, IndexedEdge[]>, key: string, item: IndexedEdge): void {
  const list = map.get(key)
  if (list) list.push(item)
  else map.set(key, [item])
}

/** Would `source -> target` close a circle? */
export function closesCycle(edges: readonly string[], source: string, target: string): boolean {
  return source === target || reach(target, edgeIndex(edges).outgoing, 'target').has(source)
}

/** Nodes from which `id` can be reached, nearest first; what `{{ nodes.<x> }}` may name. */
export function ancestors(edges: readonly string[], id: string): string[] {
  return [...reach(id, edgeIndex(edges).incoming, 'source')]
}

function reach(
  from: string,
  map: ReadonlyMap<string, readonly IndexedEdge[]>,
  end: 'source' | 'target',
): Set<string> {
  const found = new Set<string>()
  const queue = [from]
  for (let at = 0; at < queue.length; at += 1) {
    for (const edge of map.get(queue[at] ?? '') ?? []) {
      const next = edge[end]
      if (next !== from && !found.has(next)) {
        found.add(next)
        queue.push(next)
      }
    }
  }
  return found
}

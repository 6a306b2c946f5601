/** How far a draft is from the saved version, counted as a person would: a node, an edge, a setting. */

import { sameJson } from './json'
import type { WorkflowDocument } from './workflow'

export function countChanges(from: WorkflowDocument, to: WorkflowDocument): number {
  if (from === to) return 0
  let count = 0
  if (from.nodes !== to.nodes) {
    for (const id of Object.keys(to.nodes)) if (!sameJson(from.nodes[id], to.nodes[id])) count += 1
    for (const id of Object.keys(from.nodes)) if (!(id in to.nodes)) count += 1
  }
  if (from.edges !== to.edges) {
    const [before, after] = [new Set(from.edges), new Set(to.edges)]
    for (const edge of before) if (!after.has(edge)) count += 1
    for (const edge of after) if (!before.has(edge)) count += 1
  }
  const keys = new Set([...Object.keys(from), ...Object.keys(to)]) as Set<keyof WorkflowDocument>
  for (const key of keys) {
    if (key !== 'nodes' && key !== 'edges' && key !== 'layout' && !sameJson(from[key], to[key])) count += 1
  }
  return count + (moved(from, to) ? 1 : 0)
}

/** Have nodes that exist on both sides changed their place? (Together one change.) */
function moved(from: WorkflowDocument, to: WorkflowDocument): boolean {
  if (from.layout === to.layout) return false
  return Object.keys(to.nodes).some((id) => id in from.nodes && !sameJson(from.layout?.[id], to.layout?.[id]))
}

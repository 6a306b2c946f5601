/** Whether a node would still give what it gave in another version of the workflow. Pure. */

import { openBody } from './bodies'
import { edgeIndex } from './edgeIndex'
import { formatEdge } from './edges'
import { isObject, type Json, sameJson } from './json'
import type { WorkflowDocument } from './workflow'

/** What has changed: the node itself, something before it, or there is no such node any more. */
export type Stale = 'node' | 'inputs' | 'gone'

const NAMED = /\bnodes\.([A-Za-z_]\w*)/g

/**
 * What makes an output of `then` out of date in `now`; null when nothing does.
 *
 * @param place id of the node, of one in a body `container/node`.
 */
export function staleness(then: WorkflowDocument, now: WorkflowDocument, place: string): Stale | null {
  const path = place.split('/')
  const id = path.pop() ?? ''
  const inner = [openBody(then, path), openBody(now, path)] as const
  if (!(id in inner[1].nodes)) return 'gone'
  if (nodeChanged(...inner, id)) return 'node'
  const before = path.some((_, depth) => {
    const outer = path.slice(0, depth)
    const container = path[depth] ?? ''
    const [left, right] = [openBody(then, outer), openBody(now, outer)]
    // What the container hands to its body comes of its settings and of what comes into it.
    return (
      !sameJson(left.nodes[container]?.config, right.nodes[container]?.config) ||
      inputsChanged(left, right, container)
    )
  })
  return before || inputsChanged(...inner, id) ? 'inputs' : null
}

function nodeChanged(then: WorkflowDocument, now: WorkflowDocument, id: string): boolean {
  const [left, right] = [then.nodes[id], now.nodes[id]]
  if (left === right) return false
  if (!left || !right) return true
  return (
    left.type !== right.type ||
    (left.disabled ?? false) !== (right.disabled ?? false) ||
    !sameJson(left.config ?? {}, right.config ?? {}) ||
    !sameJson(left.body ?? {}, right.body ?? {})
  )
}

/** Whether anything before a node has changed, or comes in at another place. */
function inputsChanged(then: WorkflowDocument, now: WorkflowDocument, id: string): boolean {
  const waiting = [id]
  const seen = new Set(waiting)
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const [left, right] = [wiresInto(then, at), wiresInto(now, at)]
    if (!sameJson(left, right)) return true
    for (const source of sourcesOf(now, at)) {
      if (seen.has(source)) continue
      if (nodeChanged(then, now, source)) return true
      seen.add(source)
      waiting.push(source)
    }
  }
  return false
}

const wiresInto = (document: WorkflowDocument, id: string): string[] =>
  (edgeIndex(document.edges).incoming.get(id) ?? []).map(formatEdge).sort()

/** Nodes that are wired to it, and those that its expressions name. */
function sourcesOf(document: WorkflowDocument, id: string): string[] {
  const wired = (edgeIndex(document.edges).incoming.get(id) ?? []).map(({ source }) => source)
  const named: string[] = []
  collect(document.nodes[id]?.config, named)
  return [...wired, ...named.filter((name) => name !== id)]
}

function collect(value: Json | undefined, names: string[]): void {
  if (typeof value === 'string') for (const [, name] of value.matchAll(NAMED)) names.push(name ?? '')
  else if (Array.isArray(value)) for (const item of value) collect(item, names)
  else if (isObject(value)) for (const item of Object.values(value)) collect(item, names)
}

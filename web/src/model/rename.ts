/** Renames a node everywhere it is named: node key, edges, layout, groups, and `nodes.<id>` inside `{{ }}`. */

import { formatEdge, parseEdge } from './edges'
import { isObject, type Json, type JsonObject, mapStrings } from './json'
import { undoOf, withUndo } from './undo'
import type { Body, WorkflowDocument, WorkflowNode } from './workflow'

const TEMPLATE = /\{\{[\s\S]*?\}\}/g
const TOKEN = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[A-Za-z_][A-Za-z0-9_]*|\s+|[\s\S]/g

/** Rewrite `nodes.old` and `nodes['old']` inside the `{{ }}` parts of a text; string literals stay untouched. */
export function renameInExpressions(text: string, oldId: string, newId: string): string {
  if (!text.includes('{{') || !text.includes(oldId)) return text
  return text.replace(TEMPLATE, (expression) => renameInExpression(expression, oldId, newId))
}

function renameInExpression(expression: string, oldId: string, newId: string): string {
  const tokens = expression.match(TOKEN) ?? []
  const solid = tokens.map((token, index) => ({ token, index })).filter(({ token }) => token.trim() !== '')
  for (let at = 0; at + 2 < solid.length; at += 1) {
    const [root, accessor, name] = [solid[at], solid[at + 1], solid[at + 2]]
    if (root?.token !== 'nodes' || solid[at - 1]?.token === '.' || !accessor || !name) continue
    if (accessor.token === '.' && name.token === oldId) tokens[name.index] = newId
    if (accessor.token === '[' && (name.token === `'${oldId}'` || name.token === `"${oldId}"`)) {
      tokens[name.index] = name.token.replace(oldId, newId)
    }
  }
  return tokens.join('')
}

function renameKey<T>(record: Record<string, T>, oldId: string, newId: string): Record<string, T> {
  if (!(oldId in record)) return record
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key === oldId ? newId : key, value]),
  )
}

function renameInGroups(groups: Json | undefined, oldId: string, newId: string): Json | undefined {
  if (!isObject(groups)) return groups
  const entries = Object.entries(groups).map(([key, group]): [string, Json] => {
    if (!isObject(group) || !Array.isArray(group.nodes)) return [key, group]
    return [key, { ...group, nodes: group.nodes.map((id) => (id === oldId ? newId : id)) }]
  })
  return Object.fromEntries(entries)
}

/** What is kept for the inside of a container stands under its name. */
function renameInside(kept: Json | undefined, oldId: string, newId: string): Json | undefined {
  if (!isObject(kept)) return kept
  const inside = (key: string) => (key.startsWith(`${oldId}/`) ? newId + key.slice(oldId.length) : key)
  return Object.fromEntries(Object.entries(kept).map(([key, value]) => [inside(key), value]))
}

/** The branches after a failure and at the end are named by their first nodes. */
function renameInPolicy(policy: JsonObject, oldId: string, newId: string): JsonObject {
  const next = (value: Json): Json =>
    Array.isArray(value) ? value.map(next) : value === oldId ? newId : value
  const named = Object.entries(policy).filter(
    ([key, value]) => (key === 'on_failure' || key === 'finally') && [value].flat().includes(oldId),
  )
  if (named.length === 0) return policy
  return { ...policy, ...Object.fromEntries(named.map(([key, value]) => [key, next(value)])) }
}

/** A node whose settings, and those of the nodes inside of it, name another node anew. */
export function followed(node: WorkflowNode, inText: (text: string) => string): WorkflowNode {
  const config = node.config && mapStrings(node.config, inText)
  const body = node.body && mapStrings(node.body as unknown as JsonObject, inText)
  if (config === node.config && body === (node.body as unknown)) return node
  return { ...node, ...(config && { config }), ...(body && { body: body as unknown as Body }) }
}

/** The document with `oldId` called `newId`; unchanged when the new id is taken. */
export function renameNode(document: WorkflowDocument, oldId: string, newId: string): WorkflowDocument {
  if (oldId === newId || !(oldId in document.nodes) || newId in document.nodes) return document
  const inText = (text: string) => renameInExpressions(text, oldId, newId)
  const nodes = Object.fromEntries(
    Object.entries(renameKey(document.nodes, oldId, newId)).map(([id, node]) => {
      const next = followed(node, inText)
      return [id, undoOf(next) === oldId ? withUndo(next, newId) : next]
    }),
  )
  const edges = document.edges.map((text) => {
    const edge = parseEdge(text)
    if (!edge || (edge.source !== oldId && edge.target !== oldId)) return text
    const rename = (id: string) => (id === oldId ? newId : id)
    return formatEdge({ ...edge, source: rename(edge.source), target: rename(edge.target) })
  })
  const next: WorkflowDocument = { ...document, nodes, edges }
  if (document.layout) {
    const inside = (key: string) => (key.startsWith(`${oldId}/`) ? newId + key.slice(oldId.length) : key)
    const places = Object.entries(renameKey(document.layout, oldId, newId))
    next.layout = Object.fromEntries(places.map(([key, place]) => [inside(key), place]))
  }
  if (document.policy) next.policy = renameInPolicy(document.policy, oldId, newId)
  if (document.outputs) next.outputs = mapStrings<JsonObject>(document.outputs, inText)
  const groups = renameInside(renameInGroups(document.groups, oldId, newId), oldId, newId)
  if (groups !== undefined) next.groups = groups
  const notes = renameInside(document.notes, oldId, newId)
  if (notes !== undefined) next.notes = notes
  return next
}

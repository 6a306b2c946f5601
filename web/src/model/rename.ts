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

/** Replace `nodes.id`, however it is written, by another path such as `inputs.id`. */
export function replaceNode(text: string, id: string, path: string): string {
  if (!text.includes('{{') || !text.includes(id)) return text
  return text.replace(TEMPLATE, (expression) => {
    const tokens: string[] = expression.match(TOKEN) ?? []
    const solid = tokens.map((token, index) => ({ token, index })).filter(({ token }) => token.trim() !== '')
    for (let at = 0; at + 2 < solid.length; at += 1) {
      const [root, accessor, name, end] = [solid[at], solid[at + 1], solid[at + 2], solid[at + 3]]
      if (root?.token !== 'nodes' || solid[at - 1]?.token === '.' || !accessor || !name) continue
      const quoted = name.token === `'${id}'` || name.token === `"${id}"`
      const last = accessor.token === '.' && name.token === id ? name : null
      const closing = accessor.token === '[' && quoted && end?.token === ']' ? end : null
      const until = (last ?? closing)?.index
      if (until === undefined) continue
      tokens.fill('', root.index, until + 1)
      tokens[root.index] = path
    }
    return tokens.join('')
  })
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

/** A root of an expression, with the name that is looked up in it. */
export interface Reference {
  root: string
  name: string | null
}

/** What the `{{ }}` parts of a text read, such as `nodes.late` and `item`; roots only, in any of its strings. */
export function referencesIn(value: Json | undefined): Reference[] {
  if (typeof value === 'string') return (value.match(TEMPLATE) ?? []).flatMap(referencesOf)
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  return isObject(value) ? Object.values(value).flatMap(referencesIn) : []
}

function referencesOf(expression: string): Reference[] {
  const solid = (expression.slice(2, -2).match(TOKEN) ?? []).filter((token) => token.trim() !== '')
  return solid.flatMap((token, at): Reference[] => {
    if (!/^[A-Za-z_]/.test(token) || solid[at - 1] === '.') return []
    const [accessor, name] = [solid[at + 1], solid[at + 2]]
    if (accessor === '.' && name !== undefined) return [{ root: token, name }]
    const quoted = accessor === '[' ? /^(['"])(.*)\1$/.exec(name ?? '') : null
    return [{ root: token, name: quoted?.[2] ?? null }]
  })
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

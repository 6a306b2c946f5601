/** Pure edits: document in, document out. An edit without effect returns the same object. */

import { type Edge, formatEdge, parseEdge, sameEdge } from './edges'
import { type Json, type JsonObject, sameJson } from './json'
import { editNote, leaveGroups, noteId } from './notes'
import { undoOf, withUndo } from './undo'
import { type NodePolicy, type Position, typeId, type WorkflowDocument, type WorkflowNode } from './workflow'

const GRID = 8

export function snap(value: number): number {
  return Math.round(value / GRID) * GRID
}

/** A free id after the last word of the type: `table.filter` → `filter`, then `filter_2`. */
export function freshId(taken: Record<string, unknown> | ReadonlySet<string>, wish: string): string {
  const has = taken instanceof Set ? (id: string) => taken.has(id) : (id: string) => id in taken
  const stem = wish.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_') || 'node'
  if (!has(stem)) return stem
  const root = stem.replace(/_\d+$/, '') || 'node'
  let number = 2
  while (has(`${root}_${number}`)) number += 1
  return `${root}_${number}`
}

/** @param taken names that the node may not have, besides those of the document. */
export function idForType(document: WorkflowDocument, type: string, taken?: ReadonlySet<string>): string {
  return freshId(taken ?? document.nodes, typeId(type).split('.').at(-1) ?? 'node')
}

export function addNode(
  document: WorkflowDocument,
  id: string,
  node: WorkflowNode,
  at: Position,
): WorkflowDocument {
  return {
    ...document,
    nodes: { ...document.nodes, [id]: node },
    layout: { ...document.layout, [id]: [snap(at[0]), snap(at[1])] },
  }
}

/** Remove nodes with their edges. With `reconnect`, what fed a removed node feeds what it fed. */
export function removeNodes(
  document: WorkflowDocument,
  ids: readonly string[],
  reconnect = false,
): WorkflowDocument {
  const gone = new Set(ids.filter((id) => id in document.nodes))
  if (gone.size === 0) return document
  let edges = document.edges
  if (reconnect) for (const id of gone) edges = bridge(edges, id)
  const next: WorkflowDocument = {
    ...document,
    nodes: mapNodes(omit(document.nodes, gone), (node) =>
      gone.has(undoOf(node) ?? '') ? withUndo(node, null) : node,
    ),
    edges: edges.filter((text) => {
      const edge = parseEdge(text)
      return !edge || !(gone.has(edge.source) || gone.has(edge.target))
    }),
  }
  if (document.layout) next.layout = omit(document.layout, gone)
  for (const kind of ['notes', 'groups'] as const) {
    // Those inside of a container go with it.
    if (isPlain(document[kind]) && [...gone].some((id) => document.nodes[id]?.body)) {
      next[kind] = omitInside(document[kind] as JsonObject, gone)
    }
  }
  return leaveGroups(next, gone)
}

function bridge(edges: readonly string[], id: string): readonly string[] {
  const all = edges.map(parseEdge)
  const incoming = all.filter((edge) => edge?.target === id)
  const outgoing = all.filter((edge) => edge?.source === id && edge.outlet !== 'error')
  const added = incoming.flatMap((from) =>
    outgoing.map((to) =>
      from && to
        ? formatEdge({ source: from.source, outlet: from.outlet, target: to.target, port: to.port })
        : '',
    ),
  )
  return [...edges, ...added.filter((text) => text !== '' && !edges.includes(text))]
}

function mapNodes(
  nodes: Record<string, WorkflowNode>,
  change: (node: WorkflowNode) => WorkflowNode,
): Record<string, WorkflowNode> {
  return Object.fromEntries(Object.entries(nodes).map(([id, node]) => [id, change(node)]))
}

/** Without these keys, and those of what is inside of them (`container/node`). */
function omit<T>(record: Record<string, T>, gone: ReadonlySet<string>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !gone.has(key.split('/')[0] ?? key)))
}

const omitInside = <T>(record: Record<string, T>, gone: ReadonlySet<string>): Record<string, T> =>
  Object.fromEntries(
    Object.entries(record).filter(([key]) => !key.includes('/') || !gone.has(key.split('/')[0] ?? key)),
  )

/** Put nodes, and notes by their keys, elsewhere. */
export function moveNodes(before: WorkflowDocument, positions: Record<string, Position>): WorkflowDocument {
  let document = before
  for (const [key, at] of Object.entries(positions)) {
    const id = noteId(key)
    if (id !== null) document = editNote(document, id, { at })
  }
  const moved = Object.entries(positions).filter(([id, [x, y]]) => {
    const old = document.layout?.[id]
    return id in document.nodes && (!old || old[0] !== x || old[1] !== y)
  })
  if (moved.length === 0) return document
  return { ...document, layout: { ...document.layout, ...Object.fromEntries(moved) } }
}

export function connect(document: WorkflowDocument, edge: Edge): WorkflowDocument {
  if (document.edges.some((text) => hasEdge(text, edge))) return document
  return { ...document, edges: [...document.edges, formatEdge(edge)] }
}

export function disconnect(document: WorkflowDocument, gone: readonly Edge[]): WorkflowDocument {
  const edges = document.edges.filter((text) => !gone.some((edge) => hasEdge(text, edge)))
  return edges.length === document.edges.length ? document : { ...document, edges }
}

function hasEdge(text: string, edge: Edge): boolean {
  const known = parseEdge(text)
  return known !== null && sameEdge(known, edge)
}

/** Move an end of an edge; it stays where it is in the list. */
export function reconnect(document: WorkflowDocument, from: Edge, to: Edge): WorkflowDocument {
  if (sameEdge(from, to) || !document.edges.some((text) => hasEdge(text, from))) return document
  if (document.edges.some((text) => hasEdge(text, to))) return disconnect(document, [from])
  const edges = document.edges.map((text) => (hasEdge(text, from) ? formatEdge(to) : text))
  return { ...document, edges }
}

/** Put a node into the middle of an edge: `a -> b` becomes `a -> node -> b`. */
export function insertOnEdge(
  document: WorkflowDocument,
  edge: Edge,
  id: string,
  port: string,
  outlet: string,
): WorkflowDocument {
  const without = disconnect(document, [edge])
  const before = connect(without, { source: edge.source, outlet: edge.outlet, target: id, port })
  return connect(before, { source: id, outlet, target: edge.target, port: edge.port })
}

function editNode(
  document: WorkflowDocument,
  id: string,
  edit: (node: WorkflowNode) => WorkflowNode,
): WorkflowDocument {
  const node = document.nodes[id]
  if (!node) return document
  const next = edit(node)
  return sameJson(next, node) ? document : { ...document, nodes: { ...document.nodes, [id]: next } }
}

/** Set a key, or take it out when the value says nothing. */
function withKey<T extends object, K extends keyof T>(record: T, key: K, value: T[K] | undefined): T {
  const { [key]: _old, ...rest } = record
  const empty =
    value === undefined ||
    value === '' ||
    value === false ||
    (isPlain(value) && Object.keys(value).length === 0)
  return (empty ? rest : { ...record, [key]: value }) as T
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function setConfig(document: WorkflowDocument, id: string, config: JsonObject): WorkflowDocument {
  return editNode(document, id, (node) => withKey(node, 'config', config))
}

/** The type with its version, `table.sql@2`. */
export function setType(document: WorkflowDocument, id: string, type: string): WorkflowDocument {
  return editNode(document, id, (node) => withKey(node, 'type', type))
}

export function setTitle(document: WorkflowDocument, id: string, title: string): WorkflowDocument {
  return editNode(document, id, (node) => withKey(node, 'title', title.trim() === '' ? '' : title))
}

export function setPolicy(document: WorkflowDocument, id: string, policy: NodePolicy): WorkflowDocument {
  return editNode(document, id, (node) => withKey(node, 'policy', policy))
}

export function setDisabled(
  document: WorkflowDocument,
  ids: readonly string[],
  disabled: boolean,
): WorkflowDocument {
  return ids.reduce(
    (current, id) => editNode(current, id, (node) => withKey(node, 'disabled', disabled)),
    document,
  )
}

/** Replace a top-level key (title, inputs, triggers …); empty values take the key out. */
export function setKey<K extends keyof WorkflowDocument>(
  document: WorkflowDocument,
  key: K,
  value: WorkflowDocument[K] | undefined,
): WorkflowDocument {
  const next = withKey(document, key, value)
  return sameJson(next as unknown as Json, document as unknown as Json) ? document : next
}

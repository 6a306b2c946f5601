/**
 * Bodies: the graphs inside containers, seen as documents of their own.
 *
 * An open body is the workflow's document with the nodes, edges and places of the body, so every edit of a document
 * is one of a body too; `closeBody` puts it back. Places of body nodes stand under `container/node` in the layout,
 * notes and groups under `container/id`.
 */

import { isObject, type Json, type JsonObject, pointerOf } from './json'
import { findType, type NodeTypes } from './nodeType'
import type { Body, Problem, WorkflowDocument, WorkflowNode } from './workflow'

/** Names of the containers from the workflow down. */
export type BodyPath = readonly string[]

const NO_EDGES: readonly string[] = []
const NO_NODES: Record<string, WorkflowNode> = {}
const opened = new WeakMap<WorkflowDocument, Map<string, WorkflowDocument>>()

export const bodyNodes = (body: Body | undefined): Record<string, WorkflowNode> => body?.nodes ?? NO_NODES
export const bodyEdges = (body: Body | undefined): readonly string[] => body?.edges ?? NO_EDGES

export function isContainer(types: NodeTypes, node: WorkflowNode | undefined): boolean {
  return node !== undefined && (node.body !== undefined || !!findType(types, node.type)?.container)
}

const idsKnown = new WeakMap<WorkflowDocument['nodes'], ReadonlySet<string>>()

/** Ids of all nodes, at every depth: a node of a body may not be called like one around it. */
export function allIds(nodes: WorkflowDocument['nodes']): ReadonlySet<string> {
  const known = idsKnown.get(nodes)
  if (known) return known
  const ids = new Set(Object.keys(nodes))
  for (const node of Object.values(nodes)) {
    if (node.body) for (const id of allIds(bodyNodes(node.body))) ids.add(id)
  }
  idsKnown.set(nodes, ids)
  return ids
}

/** The graph at a path as a document; the document itself for the empty path. One object for one document and path. */
export function openBody(document: WorkflowDocument, path: BodyPath): WorkflowDocument {
  const [name, ...rest] = path
  if (name === undefined) return document
  const known = opened.get(document) ?? new Map<string, WorkflowDocument>()
  opened.set(document, known)
  const found = known.get(name)
  if (found) return openBody(found, rest)
  const body = document.nodes[name]?.body
  const made: WorkflowDocument = { ...document, nodes: bodyNodes(body), edges: bodyEdges(body) }
  made.layout = within(document.layout, name)
  for (const kind of ['notes', 'groups'] as const) {
    if (isObject(document[kind])) made[kind] = within(document[kind], name)
  }
  known.set(name, made)
  return openBody(made, rest)
}

/** The document whose graph at the path is now that of `inner`; its other keys are those of `inner`. */
export function closeBody(
  document: WorkflowDocument,
  path: BodyPath,
  inner: WorkflowDocument,
): WorkflowDocument {
  const [name, ...rest] = path
  if (name === undefined) return inner
  const node = document.nodes[name]
  if (!node) return document
  const changed = rest.length === 0 ? inner : closeBody(openBody(document, [name]), rest, inner)
  const body: Body = { nodes: changed.nodes }
  if (changed.edges.length > 0) body.edges = [...changed.edges]
  const next: WorkflowDocument = {
    ...changed,
    nodes: { ...document.nodes, [name]: { ...node, body } },
    edges: document.edges,
  }
  const layout = around(document.layout, changed.layout, name)
  if (layout) next.layout = layout
  else delete next.layout
  for (const kind of ['notes', 'groups'] as const) {
    const whole = around(objectOf(document[kind]), objectOf(changed[kind]), name)
    if (whole) next[kind] = whole
    else delete next[kind]
  }
  return next
}

const objectOf = (value: Json | undefined): JsonObject | undefined => (isObject(value) ? value : undefined)

/** What is kept by name for the graph inside of a container. */
function within<T>(kept: Readonly<Record<string, T>> | undefined, container: string): Record<string, T> {
  const prefix = `${container}/`
  return Object.fromEntries(
    Object.entries(kept ?? {}).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
    ),
  )
}

/** The whole again: what is kept outside of the container, and what is kept inside now; undefined for nothing. */
function around<T>(
  kept: Readonly<Record<string, T>> | undefined,
  inside: Readonly<Record<string, T>> | undefined,
  container: string,
): Record<string, T> | undefined {
  const prefix = `${container}/`
  const outer = Object.entries(kept ?? {}).filter(([key]) => !key.startsWith(prefix))
  const own = Object.entries(inside ?? {}).map(([key, value]) => [prefix + key, value] as const)
  return outer.length + own.length > 0 ? Object.fromEntries([...outer, ...own]) : undefined
}

/** As much of a path as still leads to containers. */
export function knownPath(document: WorkflowDocument, path: BodyPath, types: NodeTypes): BodyPath {
  let at = document
  for (const [index, name] of path.entries()) {
    if (!isContainer(types, at.nodes[name])) return path.slice(0, index)
    at = openBody(at, [name])
  }
  return path
}

/** JSON pointer of what holds the nodes and edges of a graph. */
export const bodyPointer = (path: BodyPath): string =>
  path.map((name) => pointerOf('nodes', name, 'body')).join('')

/** Where a problem is: the innermost graph that holds its node or edge, and its pointer in there. */
export function bodyOf(problem: Problem): { path: BodyPath; pointer: string } {
  const path: string[] = []
  let pointer = problem.pointer
  for (;;) {
    const match = /^\/nodes\/([^/]+)\/body(?=\/(nodes|edges)\/)/.exec(pointer)
    if (!match?.[1]) return { path, pointer }
    path.push(match[1])
    pointer = pointer.slice(match[0].length)
  }
}

/** The problems of one graph and what is inside of it, with pointers as that graph has them. */
export function problemsIn(problems: readonly Problem[], path: BodyPath): readonly Problem[] {
  if (path.length === 0) return problems
  const prefix = `${bodyPointer(path)}/`
  return problems.flatMap((problem) =>
    problem.pointer.startsWith(prefix)
      ? [{ ...problem, pointer: problem.pointer.slice(prefix.length - 1) }]
      : [],
  )
}

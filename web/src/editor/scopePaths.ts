/** Names for expressions at a node: from the tree that the server made of a run, and from the document as it is now. */

import type { ScopeEntry } from '~/api/types'
import type { Suggestions } from '~/forms/context'
import { type BodyPath, openBody } from '~/model/bodies'
import { ancestors, edgeIndex } from '~/model/edgeIndex'
import { DEFAULT_OUTLET, DEFAULT_PORT } from '~/model/edges'
import type { JsonObject } from '~/model/json'
import { nodeTitle, type WorkflowDocument } from '~/model/workflow'

type Path = Suggestions['paths'][number]

const MOST = 2_000

/** What stands for the output of a node on an outlet. */
export function outletEntry(
  nodes: ScopeEntry | undefined,
  node: string,
  outlet: string,
): ScopeEntry | undefined {
  const found = nodes?.children.find((entry) => entry.name === node)
  if (found?.kind !== 'outlets') return outlet === DEFAULT_OUTLET ? found : undefined
  return found.children.find((entry) => entry.name === outlet)
}

/** The same tree under another name. */
export function renamed(entry: ScopeEntry, name: string): ScopeEntry {
  const from = entry.path
  const moved = (one: ScopeEntry): ScopeEntry => ({
    ...one,
    path: `${name}${one.path.slice(from.length)}`,
    children: one.children.map(moved),
  })
  return { ...moved(entry), name }
}

/** What `input` is, by the wires as they are drawn now. */
export function inputEntry(
  document: WorkflowDocument,
  id: string,
  tree: readonly ScopeEntry[],
): ScopeEntry | undefined {
  const nodes = tree.find((entry) => entry.name === 'nodes')
  const wires = edgeIndex(document.edges).incoming.get(id) ?? []
  const main = wires.find((edge) => edge.port === DEFAULT_PORT)
  if (main) {
    const entry = outletEntry(nodes, main.source, main.outlet)
    return entry && renamed(entry, 'input')
  }
  const item = wires.length === 0 ? tree.find((entry) => entry.name === 'item') : undefined
  return item && renamed(item, 'input')
}

function flatten(entries: readonly ScopeEntry[], found: Path[] = []): Path[] {
  for (const entry of entries) {
    if (found.length >= MOST) break
    const detail = entry.title ?? (entry.preview || entry.kind)
    found.push({ label: entry.path, detail: detail.slice(0, 60) })
    flatten(entry.children, found)
  }
  return found
}

/** Nodes that can be read here: before this one, and before the containers around. */
function readable(root: WorkflowDocument, path: BodyPath, id: string): Map<string, string> {
  const found = new Map<string, string>()
  const add = (document: WorkflowDocument, at: string) => {
    for (const name of ancestors(document.edges, at)) found.set(name, nodeTitle(name, document.nodes[name]))
  }
  add(openBody(root, path), id)
  path.forEach((name, depth) => {
    add(openBody(root, path.slice(0, depth)), name)
  })
  return found
}

export interface Names {
  root: WorkflowDocument
  path: BodyPath
  id: string
  tree: readonly ScopeEntry[]
}

/** Every name that may stand in an expression, nearest things first, values beside them. */
export function pathsOf({ root, path, id, tree }: Names): Path[] {
  const document = openBody(root, path)
  const nodes = tree.find((entry) => entry.name === 'nodes')
  const titles = readable(root, path, id)
  const input = inputEntry(document, id, tree)
  const known = (nodes?.children ?? []).filter((entry) => titles.has(entry.name))
  const around = tree.filter((entry) => entry.name !== 'nodes' && entry.name !== 'input')
  const found = flatten([
    ...(input ? [input] : []),
    ...around.filter((entry) => entry.name === 'item' || entry.name === 'index' || entry.name === 'inputs'),
    ...known,
    ...around.filter((entry) => !['item', 'index', 'inputs'].includes(entry.name)),
  ])
  const labels = new Set(found.map((one) => one.label))
  const bare: Path[] = [
    { label: 'input' },
    ...(path.length > 0 ? [{ label: 'item' }, { label: 'index' }] : []),
    ...Object.entries(root.inputs ?? {}).map(([name, schema]) => ({
      label: `inputs.${name}`,
      detail: typeof schema.title === 'string' ? schema.title : undefined,
    })),
    ...[...titles].map(([name, title]) => ({ label: `nodes.${name}`, detail: title })),
    ...Object.keys(root.vars ?? {}).map((name) => ({ label: `vars.${name}` })),
    { label: 'execution.id' },
    { label: 'trigger.type' },
  ]
  return [...found, ...bare.filter((one) => !labels.has(one.label))]
}

/** The tables a query of this node sees: `input` for port `in`, the others by their ports' names. */
export function tablesOf(
  document: WorkflowDocument,
  id: string,
  tree: readonly ScopeEntry[],
): Record<string, string[]> {
  const nodes = tree.find((entry) => entry.name === 'nodes')
  const tables: Record<string, string[]> = {}
  for (const edge of edgeIndex(document.edges).incoming.get(id) ?? []) {
    const columns = outletEntry(nodes, edge.source, edge.outlet)?.columns ?? []
    tables[edge.port === DEFAULT_PORT ? 'input' : edge.port] = columns.map((column) => column.name)
  }
  return tables
}

/** As much of the document as decides what expressions at a node see: itself, what it is wired to, and what is around. */
export function sliceFor(root: WorkflowDocument, path: BodyPath, id: string): JsonObject {
  const document = openBody(root, path)
  const wires = (edgeIndex(document.edges).incoming.get(id) ?? []).map(
    (edge) => document.edges[edge.index] ?? '',
  )
  const sources = (edgeIndex(document.edges).incoming.get(id) ?? []).map((edge) => edge.source)
  const typed = (graph: WorkflowDocument, name: string): JsonObject => ({
    type: graph.nodes[name]?.type ?? '',
  })
  let graph: JsonObject = {
    nodes: Object.fromEntries([...new Set([id, ...sources])].map((name) => [name, typed(document, name)])),
    edges: wires,
  }
  for (let depth = path.length - 1; depth >= 0; depth -= 1) {
    const name = path[depth] ?? ''
    graph = {
      nodes: { [name]: { ...typed(openBody(root, path.slice(0, depth)), name), body: graph } },
      edges: [],
    }
  }
  const { name, inputs, vars } = root
  return {
    concertmaster: 1,
    name,
    inputs: (inputs ?? {}) as JsonObject,
    vars: (vars ?? {}) as JsonObject,
    ...graph,
  }
}

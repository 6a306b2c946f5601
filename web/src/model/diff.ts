/** What differs between two versions, as a person would tell it: nodes, wires, settings. */

import { positionsOf } from './layout'
import { type Change, diff } from './ops'
import type { WorkflowDocument, WorkflowNode } from './workflow'

export interface NodeChange {
  kind: 'added' | 'removed' | 'changed'
  /** Of a changed node: its fields, with pointers from the node on. */
  fields: readonly Change[]
}

export interface DocumentDiff {
  /** By id; of a node in a body, with those around it: `loop/step`. */
  nodes: ReadonlyMap<string, NodeChange>
  /** Edges that came and went, with the ids of the containers around them in front: `loop/a -> b`. */
  edges: ReadonlyMap<string, 'added' | 'removed'>
  /** Fields of the workflow itself. */
  settings: readonly Change[]
  /** Nodes that were only moved. */
  moved: readonly string[]
}

const known = new WeakMap<WorkflowDocument, { to: WorkflowDocument; found: DocumentDiff }>()

/** The last answer for a document is kept, so that asking again and again costs nothing. */
export function diffDocuments(from: WorkflowDocument, to: WorkflowDocument): DocumentDiff {
  const last = known.get(from)
  if (last?.to === to) return last.found
  const found = grouped(from, to)
  known.set(from, { to, found })
  return found
}

/** A graph with what it had before and has no more, for a picture of both. */
export function withRemoved(from: WorkflowDocument, to: WorkflowDocument): WorkflowDocument {
  const gone = Object.keys(from.nodes).filter((id) => !(id in to.nodes))
  const lost = from.edges.filter((edge) => !to.edges.includes(edge))
  if (gone.length + lost.length === 0) return to
  const places = positionsOf(from)
  return {
    ...to,
    nodes: { ...to.nodes, ...Object.fromEntries(gone.map((id) => [id, from.nodes[id] as WorkflowNode])) },
    edges: [...to.edges, ...lost],
    layout: {
      ...positionsOf(to),
      ...Object.fromEntries(gone.map((id) => [id, places[id] ?? ([0, 0] as const)])),
    },
  }
}

/** How many things differ; all moves together are one. */
export function countChanges(from: WorkflowDocument, to: WorkflowDocument): number {
  const { nodes, edges, settings, moved } = diffDocuments(from, to)
  const places = new Set(settings.map(({ path }) => path.split('/')[1]))
  return nodes.size + edges.size + places.size + (moved.length > 0 ? 1 : 0)
}

function grouped(from: WorkflowDocument, to: WorkflowDocument): DocumentDiff {
  const nodes = new Map<string, NodeChange>()
  const edges = new Map<string, 'added' | 'removed'>()
  const settings: Change[] = []
  const moved: string[] = []
  for (const change of diff(from, to)) {
    const { graph, rest } = placeOf(change.path)
    const [kind, name = '', ...inside] = rest
    const came = change.before === undefined
    if (kind === 'nodes') {
      const id = [...graph, name].join('/')
      if (inside.length === 0 && came) nodes.set(id, { kind: 'added', fields: [] })
      else if (inside.length === 0 && change.after === undefined)
        nodes.set(id, { kind: 'removed', fields: [] })
      else {
        const path = inside.map((segment) => `/${segment}`).join('')
        const fields = nodes.get(id)?.fields ?? []
        nodes.set(id, { kind: 'changed', fields: [...fields, { ...change, path }] })
      }
    } else if (kind === 'edges') {
      edges.set([...graph, plain(name)].join('/'), came ? 'added' : 'removed')
    } else if (kind === 'layout') moved.push([...graph, plain(name)].join('/'))
    else settings.push(change)
  }
  const still = moved.filter(
    (id) => ![...nodes].some(([node, { kind }]) => node === id && kind !== 'changed'),
  )
  return { nodes, edges, settings, moved: still }
}

/** The containers around a place, and the pointer's segments from the innermost graph on. */
function placeOf(path: string): { graph: string[]; rest: string[] } {
  const graph: string[] = []
  let rest = path.split('/').slice(1)
  while (rest[0] === 'nodes' && rest[2] === 'body' && rest.length > 3) {
    graph.push(rest[1] ?? '')
    rest = rest.slice(3)
  }
  return { graph, rest }
}

const plain = (segment: string): string => segment.replaceAll('~1', '/').replaceAll('~0', '~')

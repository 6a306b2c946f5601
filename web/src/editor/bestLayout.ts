/** The layout with the fewest crossings, by ELK in a worker. Loaded when it is asked for. */

import ELK, { type ElkExtendedEdge, type ElkNode } from 'elkjs/lib/elk-api.js'
import workerUrl from 'elkjs/lib/elk-worker.min.js?url'
import { NODE_HEIGHT, NODE_WIDTH, portsOf } from '~/canvas/geometry'
import { edgeIndex } from '~/model/edgeIndex'
import { ERROR_OUTLET } from '~/model/edges'
import type { NodeTypes } from '~/model/nodeType'
import { nodeTypeOf } from '~/model/ports'
import { undoneBy } from '~/model/undo'
import type { Position, WorkflowDocument } from '~/model/workflow'

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.layered.spacing.nodeNodeBetweenLayers': '72',
  'elk.spacing.nodeNode': '40',
  'elk.spacing.edgeNode': '16',
  'elk.spacing.componentComponent': '80',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
}
const BELOW = 40
/** Longer than 5,000 nodes take here; a graph that needs more is refused. */
const PATIENCE_MS = 120_000

/** The chosen nodes and the edges between them, with ports where the cards have them. */
export function elkGraph(document: WorkflowDocument, types: NodeTypes, ids: readonly string[]): ElkNode {
  const chosen = new Set(ids)
  const { incoming, outgoing } = edgeIndex(document.edges)
  const edges: ElkExtendedEdge[] = []
  const children = ids.map((id): ElkNode => {
    const into = (incoming.get(id) ?? []).filter((edge) => chosen.has(edge.source))
    const out = (outgoing.get(id) ?? []).filter((edge) => chosen.has(edge.target))
    const ports = portsOf(
      nodeTypeOf(document, types, id),
      document.nodes[id]?.config,
      into.map((edge) => edge.port),
      out.map((edge) => edge.outlet),
    )
    for (const edge of out) {
      edges.push({
        id: `${edge.index}`,
        sources: [`${id}>${edge.outlet}`],
        targets: [`${edge.target}<${edge.port}`],
      })
    }
    return {
      id,
      width: NODE_WIDTH,
      height: NODE_HEIGHT,
      layoutOptions: { 'elk.portConstraints': 'FIXED_POS' },
      ports: [
        ...ports.inputs.map((port) => ({ id: `${id}<${port.name}`, x: 0, y: port.at, ...side('WEST') })),
        ...ports.outputs.map((port) => ({
          id: `${id}>${port.name}`,
          x: NODE_WIDTH,
          y: port.at,
          ...side('EAST'),
        })),
        // Its wires leave to the right, too.
        { id: `${id}>${ERROR_OUTLET}`, x: NODE_WIDTH, y: NODE_HEIGHT, ...side('EAST') },
      ],
    }
  })
  return { id: 'root', layoutOptions: OPTIONS, children, edges }
}

const side = (name: 'WEST' | 'EAST') => ({
  width: 0,
  height: 0,
  layoutOptions: { 'elk.port.side': name },
})

/** Places from what ELK gives; what undoes a node stands below the graph, under its own. */
export function placesOf(laid: ElkNode, undoing: ReadonlyMap<string, string>): Record<string, Position> {
  const places: Record<string, Position> = {}
  for (const { id, x = 0, y = 0 } of laid.children ?? []) {
    if (!undoing.has(id)) places[id] = [Math.round(x), Math.round(y)]
  }
  const bottom = Math.max(0, ...Object.values(places).map(([, y]) => y + NODE_HEIGHT))
  const rows = new Map<number, number>()
  for (const { id } of laid.children ?? []) {
    const undone = undoing.get(id)
    if (undone === undefined) continue
    const left = places[undone]?.[0] ?? 0
    const row = rows.get(left) ?? 0
    places[id] = [left, bottom + BELOW + row * (NODE_HEIGHT + BELOW)]
    rows.set(left, row + 1)
  }
  return places
}

/**
 * Places of the nodes `ids` of the document, px.
 * @throws what the worker reports, and when it takes too long.
 */
export async function bestLayout(
  document: WorkflowDocument,
  types: NodeTypes,
  ids: readonly string[],
): Promise<Record<string, Position>> {
  const elk = new ELK({ workerFactory: () => new Worker(workerUrl) })
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, refuse) => {
    timer = setTimeout(() => refuse(new Error(`no answer after ${PATIENCE_MS / 1000} s`)), PATIENCE_MS)
  })
  try {
    return placesOf(
      await Promise.race([elk.layout(elkGraph(document, types, ids)), late]),
      undoneBy(document.nodes),
    )
  } finally {
    clearTimeout(timer)
    elk.terminateWorker()
  }
}

/** Dropping a node on a wire puts it into the wire: which one it would be. */

import { edgeIndex } from '~/model/edgeIndex'
import { type Edge, parseEdge } from '~/model/edges'
import { findType, type NodeType, type NodeTypes } from '~/model/nodeType'
import { undoneBy } from '~/model/undo'
import type { WorkflowDocument } from '~/model/workflow'
import { NODE_HEIGHT, NODE_WIDTH } from './geometry'
import { fitsInto } from './searchTypes'

/** Parts of half a card, from its middle, at which a wire under it is looked for. */
const PROBES: readonly (readonly [number, number])[] = [
  [0, 0],
  [0, -0.4],
  [0, 0.4],
  [-0.4, 0],
  [0.4, 0],
  [0, -0.8],
  [0, 0.8],
]

/** Edges drawn under a card whose middle is at a place of the window, the nearest to the middle first. */
function edgesUnder(middle: { x: number; y: number }, zoom: number): Edge[] {
  const texts = PROBES.flatMap(([across, down]) =>
    document
      .elementsFromPoint(
        middle.x + across * (NODE_WIDTH / 2) * zoom,
        middle.y + down * (NODE_HEIGHT / 2) * zoom,
      )
      .flatMap((element) => element.closest<SVGElement>('.react-flow__edge')?.dataset.id ?? []),
  )
  return [...new Set(texts)].flatMap((text) => parseEdge(text) ?? [])
}

interface Graph {
  document: WorkflowDocument
  types: NodeTypes
}

/** The edge that a node of this type would be put into when it is dropped there. */
export function edgeFor(
  graph: Graph,
  type: NodeType | undefined | null,
  middle: { x: number; y: number },
  zoom: number,
): Edge | null {
  if (!type) return null
  const under = edgesUnder(middle, zoom)
  return under.find((edge) => fitsInto(graph.document, graph.types, edge, type)) ?? null
}

/** The type of a node that may be put into an edge: one without wires, and not one that undoes another. */
export function insertable({ document, types }: Graph, id: string): NodeType | null {
  const { incoming, outgoing } = edgeIndex(document.edges)
  if (incoming.has(id) || outgoing.has(id) || undoneBy(document.nodes).has(id)) return null
  return findType(types, document.nodes[id]?.type ?? '')
}

/** Dropping a node on a wire puts it into the wire: which one it would be. */

import { edgeIndex } from '~/model/edgeIndex'
import type { Edge } from '~/model/edges'
import { edgeNamed, keyOf, ownEdge, ownOf } from '~/model/frames'
import { findType, type NodeType } from '~/model/nodeType'
import { undoneBy } from '~/model/undo'
import type { CanvasScene } from './context'
import { NODE_HEIGHT, NODE_WIDTH } from './geometry'
import { documentOf } from './sceneWires'
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
  return [...new Set(texts)].flatMap((text) => edgeNamed(text) ?? [])
}

type Scene = Pick<CanvasScene, 'types' | 'getGraphs'>

/** The edge that a node of this type would be put into when it is dropped there; of one graph only, if it is given. */
export function edgeFor(
  scene: Scene,
  type: NodeType | undefined | null,
  middle: { x: number; y: number },
  zoom: number,
  within?: string,
): Edge | null {
  if (!type) return null
  const under = edgesUnder(middle, zoom)
  const fits = (edge: Edge) => {
    const document = documentOf(scene, edge.source)
    const here = within === undefined || keyOf(edge.source) === within
    return here && document !== undefined && fitsInto(document, scene.types, ownEdge(edge), type)
  }
  return under.find(fits) ?? null
}

/** The type of a node that may be put into an edge: one without wires, and not one that undoes another. */
export function insertable(scene: Scene, name: string): NodeType | null {
  const document = documentOf(scene, name)
  const id = ownOf(name)
  if (!document) return null
  const { incoming, outgoing } = edgeIndex(document.edges)
  if (incoming.has(id) || outgoing.has(id) || undoneBy(document.nodes).has(id)) return null
  return findType(scene.types, document.nodes[id]?.type ?? '')
}

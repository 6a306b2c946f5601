/**
 * Containers that are open in place: the graphs on one canvas, and where all of their nodes stand.
 *
 * A graph is named by the containers that lead to it from the one that fills the canvas (`each/inner`, which itself
 * is `''`), a thing of it by that and its own name: `each/price`, `note:each/todo`.
 */

import { isContainer, openBody } from './bodies'
import { type Edge, formatEdge, parseEdge } from './edges'
import { type Bounds, NODE_HEIGHT, NODE_WIDTH, positionsOf } from './layout'
import type { NodeTypes } from './nodeType'
import { movables } from './notes'
import { NO_ROOM, type Room, roomFor } from './room'
import type { Position, WorkflowDocument } from './workflow'

/** Height of a frame's title, and the room around what is inside, px. */
export const FRAME_HEAD = NODE_HEIGHT
const PADDING = 28
const LEAST = { width: 2 * NODE_WIDTH, height: FRAME_HEAD + NODE_HEIGHT + 2 * PADDING }

export interface OpenGraph {
  key: string
  document: WorkflowDocument
  /** How deep in other graphs of the canvas. */
  depth: number
  /** Where its nodes and notes stand on the canvas, by their own names. */
  places: Readonly<Record<string, Position>>
  /** Sizes of those of its containers that are open. */
  sizes: ReadonlyMap<string, Size>
  /** Its frame on the canvas; null for the graph that fills it. */
  frame: Bounds | null
  /** Where 0, 0 of the graph is on the canvas. */
  origin: Position
  room: Room
  /** The same for something that makes the room itself: an open container on its way. */
  roomBeside(id: string): Room
}

type Size = Pick<Bounds, 'width' | 'height'>

const KIND = /^(?:note:|group:)?/

/** The graph of a thing on the canvas, and its own name there. */
export function split(name: string): { key: string; own: string } {
  const kind = KIND.exec(name)?.[0] ?? ''
  const cut = name.lastIndexOf('/')
  if (cut < 0) return { key: '', own: name }
  return { key: name.slice(kind.length, cut), own: kind + name.slice(cut + 1) }
}

export const keyOf = (name: string): string => split(name).key
export const ownOf = (name: string): string => split(name).own

/** The name on the canvas of a thing of a graph: node, note or wire. */
export function join(key: string, own: string): string {
  if (key === '') return own
  const kind = KIND.exec(own)?.[0] ?? ''
  return `${kind}${key}/${own.slice(kind.length)}`
}

/** The wire of a name on the canvas, its ends by their names there. */
export function edgeNamed(name: string): Edge | null {
  const { key, own } = split(name)
  const edge = parseEdge(own)
  return edge && { ...edge, source: join(key, edge.source), target: join(key, edge.target) }
}

/** A wire of the canvas as its graph has it. */
export const ownEdge = (edge: Edge): Edge => ({
  ...edge,
  source: ownOf(edge.source),
  target: ownOf(edge.target),
})

export const nameOfEdge = (edge: Edge): string => join(keyOf(edge.source), formatEdge(ownEdge(edge)))

interface Measured {
  document: WorkflowDocument
  /** Before the graph is put in its frame. */
  places: Record<string, Position>
  sizes: Map<string, Size>
  inner: Map<string, Measured>
  room: Room
  roomBeside(id: string): Room
  /** The frame around it, and where 0, 0 is in it. */
  size: Size
  offset: Position
}

function measure(
  document: WorkflowDocument,
  key: string,
  open: ReadonlySet<string>,
  types: NodeTypes,
): Measured {
  const written = movables(document, positionsOf(document))
  const inner = new Map(
    Object.entries(document.nodes).flatMap(([id, node]) =>
      open.has(join(key, id)) && isContainer(types, node)
        ? [[id, measure(openBody(document, [id]), join(key, id), open, types)] as const]
        : [],
    ),
  )
  const sizes = new Map([...inner].map(([id, { size }]) => [id, size]))
  const roomBeside = (left: string | null) =>
    roomFor(
      [...sizes]
        .filter(([id]) => id !== left)
        .map(([id, size]) => ({ at: written[id] ?? ([0, 0] as const), size })),
    )
  const room = roomBeside(null)
  const places =
    room === NO_ROOM
      ? written
      : Object.fromEntries(Object.entries(written).map(([name, at]) => [name, room.there(at)]))
  const bounds = around(places, sizes)
  return {
    document,
    places,
    sizes,
    inner,
    room,
    roomBeside,
    size: {
      width: Math.max(LEAST.width, (bounds?.width ?? 0) + 2 * PADDING),
      height: Math.max(LEAST.height, FRAME_HEAD + (bounds?.height ?? 0) + 2 * PADDING),
    },
    offset: [PADDING - (bounds?.x ?? 0), FRAME_HEAD + PADDING - (bounds?.y ?? 0)],
  }
}

/** The box around cards and frames. */
function around(places: Readonly<Record<string, Position>>, sizes: ReadonlyMap<string, Size>): Bounds | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [name, [x, y]] of Object.entries(places)) {
    const { width, height } = sizes.get(name) ?? { width: NODE_WIDTH, height: NODE_HEIGHT }
    left = Math.min(left, x)
    top = Math.min(top, y)
    right = Math.max(right, x + width)
    bottom = Math.max(bottom, y + height)
  }
  return left === Infinity ? null : { x: left, y: top, width: right - left, height: bottom - top }
}

/** The graphs that are drawn: the one that fills the canvas, then those in open frames, outer before inner. */
export function openGraphs(
  document: WorkflowDocument,
  open: ReadonlySet<string>,
  types: NodeTypes,
): readonly OpenGraph[] {
  const found: OpenGraph[] = []
  const put = (key: string, from: Measured, origin: Position, frame: Bounds | null, depth: number) => {
    const { sizes, room, roomBeside, inner } = from
    const places =
      key === ''
        ? from.places
        : Object.fromEntries(
            Object.entries(from.places).map(([name, [x, y]]) => [
              name,
              [origin[0] + x, origin[1] + y] as const,
            ]),
          )
    found.push({ key, document: from.document, depth, places, sizes, frame, origin, room, roomBeside })
    for (const [id, one] of inner) {
      const [x, y] = places[id] ?? [0, 0]
      const at: Position = [x + one.offset[0], y + one.offset[1]]
      put(join(key, id), one, at, { x, y, ...one.size }, depth + 1)
    }
  }
  put('', measure(document, '', open, types), [0, 0], null, 0)
  return found
}

/** Where all things stand on the canvas, by their names there. */
export function placesOf(graphs: readonly OpenGraph[]): Readonly<Record<string, Position>> {
  const [whole] = graphs
  if (graphs.length === 1 && whole) return whole.places
  return Object.fromEntries(
    graphs.flatMap(({ key, places }) =>
      Object.entries(places).map(([name, at]) => [join(key, name), at] as const),
    ),
  )
}

/** The box around everything on the canvas. */
export const boundsOfGraphs = ([whole]: readonly OpenGraph[]): Bounds | null =>
  whole ? around(whole.places, whole.sizes) : null

/** From the canvas to a graph's own places, as they are written in the document; `of`: what stands there. */
export function toGraph(graph: OpenGraph, [x, y]: Position, of?: string): Position {
  const { origin, sizes } = graph
  const room = of !== undefined && sizes.has(of) ? graph.roomBeside(of) : graph.room
  return room.back([x - origin[0], y - origin[1]])
}

/** From a graph's own places to the canvas. */
export function toCanvas({ origin, room }: OpenGraph, at: Position): Position {
  const [x, y] = room.there(at)
  return [x + origin[0], y + origin[1]]
}

/** The innermost graph whose frame holds a place of the canvas; the one that fills it where no frame does. */
export function graphAt(graphs: readonly OpenGraph[], [x, y]: Position): OpenGraph | undefined {
  return graphs.findLast(
    ({ frame }) =>
      !frame || (x >= frame.x && x <= frame.x + frame.width && y >= frame.y && y <= frame.y + frame.height),
  )
}

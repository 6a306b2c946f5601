/** Putting cards in order: aligning, distributing, guides while one is dragged, room for a node in a wire. */

import { edgeIndex } from './edgeIndex'
import { NODE_HEIGHT, NODE_WIDTH } from './layout'
import type { Position, WorkflowDocument } from './workflow'

export type Places = Readonly<Record<string, Position>>

/** A box on the canvas, px. */
export interface Box {
  x: number
  y: number
  width: number
  height: number
}

export type Alignment = 'left' | 'centre' | 'right' | 'top' | 'middle' | 'bottom'
export type Axis = 'x' | 'y'

export const cardAt = ([x, y]: Position): Box => ({ x, y, width: NODE_WIDTH, height: NODE_HEIGHT })

/** Places in which all cards have one edge, or their middle, in common. */
export function align(places: Places, to: Alignment): Record<string, Position> {
  const axis = to === 'left' || to === 'centre' || to === 'right' ? 0 : 1
  const values = Object.values(places).map((place) => place[axis])
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const target =
    to === 'left' || to === 'top'
      ? least
      : to === 'right' || to === 'bottom'
        ? most
        : Math.round((least + most) / 2)
  return mapPlaces(places, ([x, y]) => (axis === 0 ? [target, y] : [x, target]))
}

/** The same gap between neighbours; the outermost two stay. Less than three are left as they are. */
export function distribute(places: Places, along: Axis): Record<string, Position> {
  const axis = along === 'x' ? 0 : 1
  const sorted = Object.entries(places).sort(
    ([one, left], [other, right]) => left[axis] - right[axis] || one.localeCompare(other),
  )
  const [first, last] = [sorted[0]?.[1][axis] ?? 0, sorted.at(-1)?.[1][axis] ?? 0]
  const step = sorted.length < 3 ? null : (last - first) / (sorted.length - 1)
  return Object.fromEntries(
    sorted.map(([id, [x, y]], index): [string, Position] => {
      if (step === null) return [id, [x, y]]
      const at = Math.round(first + step * index)
      return [id, axis === 0 ? [at, y] : [x, at]]
    }),
  )
}

function mapPlaces(places: Places, move: (place: Position) => Position): Record<string, Position> {
  return Object.fromEntries(Object.entries(places).map(([id, place]) => [id, move(place)]))
}

/** Move `places` so that their upper left corner is that of `others`. */
export function anchored(places: Places, others: Places): Record<string, Position> {
  const corner = (all: readonly Position[]): Position => [
    Math.min(...all.map(([x]) => x)),
    Math.min(...all.map(([, y]) => y)),
  ]
  const [from, to] = [corner(Object.values(places)), corner(Object.values(others))]
  if (!Number.isFinite(from[0]) || !Number.isFinite(to[0])) return { ...places }
  return mapPlaces(places, ([x, y]) => [x + to[0] - from[0], y + to[1] - from[1]])
}

/** A line that two boxes have in common: at `at` on its axis, from `from` to `to` on the other. */
export interface Guide {
  axis: Axis
  at: number
  from: number
  to: number
}

export interface Guided {
  /** How far the box has to move to stand in line, px. */
  dx: number
  dy: number
  guides: Guide[]
}

const lines = (start: number, size: number): readonly [number, number, number] => [
  start,
  start + size / 2,
  start + size,
]

/** The nearest line within `reach`: the edges and the middle of the box against those of the others. */
function nearest(box: Box, others: readonly Box[], axis: Axis, reach: number): number | null {
  const side = axis === 'x' ? 'width' : 'height'
  let best: number | null = null
  const own = lines(box[axis], box[side])
  for (const other of others) {
    const theirs = lines(other[axis], other[side])
    for (let index = 0; index < 3; index += 1) {
      // Edge to the same edge, middle to middle: what a person means by "in line".
      const off = (theirs[index] ?? 0) - (own[index] ?? 0)
      if (Math.abs(off) <= reach && (best === null || Math.abs(off) < Math.abs(best))) best = off
    }
  }
  return best
}

function drawn(box: Box, others: readonly Box[], axis: Axis): Guide[] {
  const [side, across, length] =
    axis === 'x' ? (['width', 'y', 'height'] as const) : (['height', 'x', 'width'] as const)
  const guides: Guide[] = []
  for (const own of lines(box[axis], box[side])) {
    const inLine = others.filter((other) =>
      lines(other[axis], other[side]).some((their) => Math.abs(their - own) < 0.5),
    )
    if (inLine.length === 0) continue
    const all = [box, ...inLine]
    guides.push({
      axis,
      at: own,
      from: Math.min(...all.map((one) => one[across])),
      to: Math.max(...all.map((one) => one[across] + one[length])),
    })
  }
  return guides
}

/** How a dragged box is drawn into line with others, and the lines that show it. `reach` in px. */
export function guide(box: Box, others: readonly Box[], reach: number): Guided {
  const dx = nearest(box, others, 'x', reach)
  const dy = nearest(box, others, 'y', reach)
  const moved = { ...box, x: box.x + (dx ?? 0), y: box.y + (dy ?? 0) }
  return {
    dx: dx ?? 0,
    dy: dy ?? 0,
    guides: [
      ...(dx === null ? [] : drawn(moved, others, 'x')),
      ...(dy === null ? [] : drawn(moved, others, 'y')),
    ],
  }
}

const GAP = 72
const LEAST_GAP = 24

export interface Room {
  /** Upper left corner of the new card. */
  at: Position
  /** Cards that have to stand aside. */
  moved: Record<string, Position>
}

/**
 * Where a node between `source` and `target` stands: between them, as near to `wish` as there is room. Where there is
 * none, the target and what comes behind it move to the right.
 */
export function roomBetween(
  document: Pick<WorkflowDocument, 'edges'>,
  places: Places,
  { source, target }: { source: string; target: string },
  wish?: Position,
): Room {
  const [from, to] = [places[source], places[target]]
  if (!from || !to) return { at: wish ?? [0, 0], moved: {} }
  const y = wish?.[1] ?? Math.round((from[1] + to[1]) / 2)
  const [left, right] = [from[0] + NODE_WIDTH, to[0]]
  const between = right - left
  // A wire that runs backwards has no "between".
  if (between < 0) return { at: wish ?? [from[0] + NODE_WIDTH + GAP, y], moved: {} }
  if (between >= NODE_WIDTH + 2 * LEAST_GAP) {
    const middle = Math.round(left + (between - NODE_WIDTH) / 2)
    const x = Math.max(left + LEAST_GAP, Math.min(right - NODE_WIDTH - LEAST_GAP, wish?.[0] ?? middle))
    return { at: [x, y], moved: {} }
  }
  const push = left + 2 * GAP + NODE_WIDTH - right
  const moved: Record<string, Position> = {}
  for (const id of [target, ...behind(document.edges, target)]) {
    const place = places[id]
    if (place && place[0] >= right && id !== source) moved[id] = [place[0] + push, place[1]]
  }
  return { at: [left + GAP, y], moved }
}

/** Everything that `id` feeds, at any distance, nearest first. */
export function behind(edges: readonly string[], id: string): string[] {
  const { outgoing } = edgeIndex(edges)
  const found = new Set<string>()
  const queue = [id]
  for (let at = 0; at < queue.length; at += 1) {
    for (const { target } of outgoing.get(queue[at] ?? '') ?? []) {
      if (target !== id && !found.has(target)) {
        found.add(target)
        queue.push(target)
      }
    }
  }
  return [...found]
}

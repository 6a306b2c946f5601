/** A layered layout of our own: longest-path ranks, barycentre sweeps, centred columns. 3,000 nodes in one frame. */

import { parseEdge } from './edges'
import { undoneBy } from './undo'
import type { Position, WorkflowDocument } from './workflow'

export const NODE_WIDTH = 208
export const NODE_HEIGHT = 64
const COLUMN = NODE_WIDTH + 72
const ROW = NODE_HEIGHT + 40
/** Rows of a column before it is folded. */
const TALLEST = 24
const SWEEPS = 6

interface Graph {
  ids: readonly string[]
  parents: Map<string, string[]>
  children: Map<string, string[]>
}

function graphOf(ids: readonly string[], edges: readonly string[]): Graph {
  const parents = new Map<string, string[]>(ids.map((id) => [id, []]))
  const children = new Map<string, string[]>(ids.map((id) => [id, []]))
  const seen = new Set<string>()
  for (const text of edges) {
    const edge = parseEdge(text)
    if (!edge || edge.source === edge.target || !parents.has(edge.source) || !parents.has(edge.target))
      continue
    const key = `${edge.source} ${edge.target}`
    if (seen.has(key)) continue
    seen.add(key)
    children.get(edge.source)?.push(edge.target)
    parents.get(edge.target)?.push(edge.source)
  }
  return { ids, parents, children }
}

/** Kahn's order; what lies on a circle comes last, in document order. */
function topological(graph: Graph): string[] {
  const open = new Map(graph.ids.map((id) => [id, graph.parents.get(id)?.length ?? 0]))
  const order = graph.ids.filter((id) => open.get(id) === 0)
  for (let at = 0; at < order.length; at += 1) {
    for (const child of graph.children.get(order[at] ?? '') ?? []) {
      const left = (open.get(child) ?? 0) - 1
      open.set(child, left)
      if (left === 0) order.push(child)
    }
  }
  const done = new Set(order)
  return [...order, ...graph.ids.filter((id) => !done.has(id))]
}

/** Column of each node: one right of its last parent; then sources move right, next to what they feed. */
function ranks(graph: Graph, order: readonly string[]): Map<string, number> {
  const rank = new Map<string, number>()
  for (const id of order) {
    const before = (graph.parents.get(id) ?? []).map((parent) => rank.get(parent) ?? -1)
    rank.set(id, Math.max(-1, ...before) + 1)
  }
  for (const id of [...order].reverse()) {
    const after = (graph.children.get(id) ?? []).map((child) => rank.get(child) ?? 0)
    if (after.length === 0 || (graph.parents.get(id) ?? []).length > 0) continue
    rank.set(id, Math.max(rank.get(id) ?? 0, Math.min(...after) - 1))
  }
  return rank
}

function layers(graph: Graph, rank: ReadonlyMap<string, number>): string[][] {
  const columns: string[][] = []
  for (const id of graph.ids) {
    const at = rank.get(id) ?? 0
    while (columns.length <= at) columns.push([])
    columns[at]?.push(id)
  }
  return columns
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Order each column by where its neighbours stand, forwards and backwards in turn. */
function sweep(graph: Graph, columns: string[][]): void {
  const place = new Map<string, number>()
  const note = (column: readonly string[]) => {
    column.forEach((id, index) => {
      place.set(id, index - (column.length - 1) / 2)
    })
  }
  columns.forEach(note)
  for (let round = 0; round < SWEEPS; round += 1) {
    const forwards = round % 2 === 0
    const neighbours = forwards ? graph.parents : graph.children
    for (const column of forwards ? columns : [...columns].reverse()) {
      const weight = new Map(
        column.map((id) => [
          id,
          mean((neighbours.get(id) ?? []).map((other) => place.get(other) ?? 0)) ?? place.get(id) ?? 0,
        ]),
      )
      column.sort((left, right) => (weight.get(left) ?? 0) - (weight.get(right) ?? 0))
      note(column)
    }
  }
}

/** The connected parts of the graph, in document order. */
function components(graph: Graph): string[][] {
  const seen = new Set<string>()
  const parts: string[][] = []
  for (const root of graph.ids) {
    if (seen.has(root)) continue
    seen.add(root)
    const part = [root]
    for (let at = 0; at < part.length; at += 1) {
      const id = part[at] ?? ''
      for (const next of [...(graph.parents.get(id) ?? []), ...(graph.children.get(id) ?? [])]) {
        if (!seen.has(next)) {
          seen.add(next)
          part.push(next)
        }
      }
    }
    parts.push(part)
  }
  return parts
}

/** Write the positions of one part; gives its height in rows. A column that grows too high becomes several. */
function place(
  columns: readonly string[][],
  count: number,
  top: number,
  positions: Record<string, Position>,
): number {
  const most = Math.max(TALLEST, Math.ceil(1.2 * Math.sqrt(count)))
  const folds = columns.map((column) => Math.ceil(column.length / most))
  const rows = columns.map((column, x) => Math.ceil(column.length / (folds[x] ?? 1)))
  const height = Math.max(...rows)
  let left = 0
  columns.forEach((column, x) => {
    const fold = folds[x] ?? 1
    const above = (height - (rows[x] ?? 0)) / 2
    column.forEach((id, index) => {
      // Row by row, so that the order from top to bottom stays.
      const row = Math.floor(index / fold)
      positions[id] = [(left + (index % fold)) * COLUMN, top + Math.round((row + above) * ROW)]
    })
    left += fold
  })
  return height
}

/** Put what undoes nodes of a part below it, each under its own; gives the rows that takes. */
function placeUndoing(
  part: readonly string[],
  undoing: ReadonlyMap<string, string>,
  top: number,
  positions: Record<string, Position>,
): number {
  const used = new Map<number, number>()
  for (const id of part) {
    const undo = undoing.get(id)
    const at = positions[id]
    if (undo === undefined || !at) continue
    const row = used.get(at[0]) ?? 0
    positions[undo] = [at[0], top + row * ROW]
    used.set(at[0], row + 1)
  }
  return Math.max(0, ...used.values())
}

/**
 * Positions (upper left corners, px) for all nodes; the first part starts at 0, 0.
 * @param undone by a node that undoes another: that other.
 */
export function layoutGraph(
  ids: readonly string[],
  edges: readonly string[],
  undone: ReadonlyMap<string, string> = new Map(),
): Record<string, Position> {
  const whole = graphOf(ids, edges)
  const documentOrder = new Map(ids.map((id, index) => [id, index]))
  const positions: Record<string, Position> = {}
  const parts = components(whole)
  const alone = parts.filter((part) => part.length === 1).flat()
  const among = new Set(ids)
  // Under what they undo, where that stands here and they stand for themselves.
  const below = new Map(
    alone.flatMap((id) => {
      const node = undone.get(id)
      return node !== undefined && among.has(node) && !undone.has(node) ? [[node, id] as const] : []
    }),
  )
  const placed = new Set(below.values())
  const lonely = alone.filter((id) => !placed.has(id))
  let top = 0
  for (const part of parts) {
    if (part.length === 1) continue
    const sorted = [...part].sort(
      (left, right) => (documentOrder.get(left) ?? 0) - (documentOrder.get(right) ?? 0),
    )
    const graph: Graph = { ...whole, ids: sorted }
    const columns = layers(graph, ranks(graph, topological(graph)))
    sweep(graph, columns)
    top += place(columns, sorted.length, top, positions) * ROW
    top += placeUndoing(sorted, below, top, positions) * ROW + 40
  }
  const perRow = Math.max(4, Math.ceil(Math.sqrt(lonely.length * 2)))
  lonely.forEach((id, index) => {
    positions[id] = [(index % perRow) * COLUMN, top + Math.floor(index / perRow) * ROW]
  })
  placeUndoing(lonely, below, top + Math.ceil(lonely.length / perRow) * ROW, positions)
  return positions
}

/** Where each node of a document stands: as written; nodes without a place are put where they are not in the way. */
export function positionsOf(document: WorkflowDocument): Record<string, Position> {
  const ids = Object.keys(document.nodes)
  const layout = ownPlaces(document)
  const missing = ids.filter((id) => !(id in layout))
  if (missing.length === 0) return layout
  const undone = undoneBy(document.nodes)
  const computed = layoutGraph(ids, document.edges, undone)
  if (missing.length === ids.length) return computed
  const known = ids.flatMap((id) => layout[id] ?? [])
  const bottom = Math.max(...known.filter((_, index) => index % 2 === 1))
  const left = Math.min(...known.filter((_, index) => index % 2 === 0))
  const block = layoutGraph(missing, document.edges, undone)
  const placed = missing.map((id): [string, Position] => {
    const [x, y] = block[id] ?? [0, 0]
    return [id, [left + x, bottom + ROW + 40 + y]]
  })
  return { ...layout, ...Object.fromEntries(placed) }
}

/** The places of the graph's own nodes: those of bodies stand under `container/node`. */
function ownPlaces({ layout = {} }: WorkflowDocument): Record<string, Position> {
  const keys = Object.keys(layout)
  if (!keys.some((key) => key.includes('/'))) return layout
  const known = own.get(layout)
  if (known) return known
  const made = Object.fromEntries(Object.entries(layout).filter(([key]) => !key.includes('/')))
  own.set(layout, made)
  return made
}

const own = new WeakMap<Record<string, Position>, Record<string, Position>>()

/** The document with a place for each of its nodes: where some have none, those that `positionsOf` gives them. */
export function withPlaces(document: WorkflowDocument): WorkflowDocument {
  const layout = document.layout ?? {}
  if (Object.keys(document.nodes).every((id) => id in layout)) return document
  return { ...document, layout: { ...layout, ...positionsOf(document) } }
}

export interface Bounds {
  x: number
  y: number
  width: number
  height: number
}

export function boundsOf(positions: Iterable<Position>): Bounds | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [x, y] of positions) {
    left = Math.min(left, x)
    top = Math.min(top, y)
    right = Math.max(right, x + NODE_WIDTH)
    bottom = Math.max(bottom, y + NODE_HEIGHT)
  }
  return left === Infinity ? null : { x: left, y: top, width: right - left, height: bottom - top }
}

/** Draws the graph as rectangles in status colours: the zoomed-out canvas and the minimap share it. */

import { edgeIndex } from '~/model/edgeIndex'
import { join, type OpenGraph } from '~/model/frames'
import type { Bounds } from '~/model/layout'
import { type Color, frameOf, groupsOf, noteId, noteKey, notesOf } from '~/model/notes'
import { undoLinks } from '~/model/undo'
import type { Position } from '~/model/workflow'
import { lostItems } from '~/runs/items'
import type { RunStatusStore } from '~/runs/state'
import { NODE_HEIGHT, NODE_WIDTH } from './geometry'
import { TONES } from './tones'

/** From where on the rectangle of a loop that lost items says so. */
const LOST_FROM = 0.75

export interface Picture {
  /** The graph that fills the canvas, then those in open frames. */
  graphs: readonly OpenGraph[]
  statuses: ReadonlyMap<string, RunStatusStore>
  /** By names on the canvas. */
  selected: ReadonlySet<string>
}

export interface View {
  x: number
  y: number
  zoom: number
  width: number
  height: number
}

/** Reads the theme's colours once a drawing, from the element they apply to. */
function palette(element: Element) {
  const style = getComputedStyle(element)
  const read = (name: string) => style.getPropertyValue(name).trim()
  const status = new Map<string, string>()
  return {
    edge: read('--cm-edge'),
    idle: read('--cm-muted'),
    accent: read('--cm-accent'),
    status(name: string): string {
      const known = status.get(name)
      if (known) return known
      const colour = read(`--cm-status-${name}`) || read('--cm-muted')
      status.set(name, colour)
      return colour
    },
  }
}

/** Size the bitmap to the device's pixels; false when there is nothing to draw on. */
export function prepare(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1
  const [pixelsWide, pixelsHigh] = [Math.round(width * ratio), Math.round(height * ratio)]
  if (canvas.width !== pixelsWide || canvas.height !== pixelsHigh) {
    canvas.width = pixelsWide
    canvas.height = pixelsHigh
  }
  const context = canvas.getContext('2d')
  if (!context || width === 0 || height === 0) return null
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, width, height)
  return context
}

export function draw(
  context: CanvasRenderingContext2D,
  picture: Picture,
  view: View,
  withEdges: boolean,
): void {
  const colours = palette(context.canvas)
  for (const graph of picture.graphs) {
    drawBeneath(context, graph, view)
    if (graph.frame) drawFrame(context, graph.frame, view, colours.edge)
    if (withEdges) drawEdges(context, graph, view, colours.edge)
    drawCards(context, picture, graph, view, colours)
  }
}

function drawFrame(context: CanvasRenderingContext2D, frame: Bounds, view: View, colour: string): void {
  context.strokeStyle = colour
  context.lineWidth = 1
  context.beginPath()
  const [left, top] = [frame.x * view.zoom + view.x, frame.y * view.zoom + view.y]
  context.roundRect(left, top, frame.width * view.zoom, frame.height * view.zoom, 4)
  context.stroke()
}

function drawCards(
  context: CanvasRenderingContext2D,
  { selected, statuses }: Picture,
  { key, document, places, sizes }: OpenGraph,
  view: View,
  colours: ReturnType<typeof palette>,
): void {
  const store = statuses.get(key)
  const visible = ([x, y]: Position) => {
    const [left, top] = [x * view.zoom + view.x, y * view.zoom + view.y]
    return (
      left < view.width &&
      top < view.height &&
      left + NODE_WIDTH * view.zoom > 0 &&
      top + NODE_HEIGHT * view.zoom > 0
    )
  }
  const [width, height] = [Math.max(2, NODE_WIDTH * view.zoom), Math.max(1.5, NODE_HEIGHT * view.zoom)]
  const radius = Math.min(4, height / 4)
  for (const [id, position] of Object.entries(places)) {
    if (!visible(position) || sizes.has(id) || !(id in document.nodes)) continue
    const run = store?.get(id)
    const status = run?.status
    const busy = status !== undefined && status !== 'pending'
    context.globalAlpha = busy ? 1 : 0.45
    context.fillStyle = busy ? colours.status(status) : colours.idle
    context.beginPath()
    context.roundRect(
      position[0] * view.zoom + view.x,
      position[1] * view.zoom + view.y,
      width,
      height,
      radius,
    )
    context.fill()
    if (selected.has(join(key, id))) {
      context.globalAlpha = 1
      context.strokeStyle = colours.accent
      context.lineWidth = 2
      context.stroke()
    }
    if (lostItems(run)) {
      context.fillStyle = colours.status('retrying')
      context.beginPath()
      context.roundRect(
        (position[0] + NODE_WIDTH * LOST_FROM) * view.zoom + view.x,
        position[1] * view.zoom + view.y,
        width * (1 - LOST_FROM),
        height,
        [0, radius, radius, 0],
      )
      context.fill()
    }
  }
  context.globalAlpha = 1
}

/** Frames of groups and notes, in their colours. */
function drawBeneath(
  context: CanvasRenderingContext2D,
  { document, places, sizes }: OpenGraph,
  view: View,
): void {
  const box = ({ x, y, width, height }: Bounds, color: Color, alpha: number) => {
    context.globalAlpha = alpha
    context.fillStyle = TONES[color]
    const [left, top] = [x * view.zoom + view.x, y * view.zoom + view.y]
    context.fillRect(left, top, width * view.zoom, height * view.zoom)
  }
  for (const group of Object.values(groupsOf(document))) {
    const frame = frameOf(group, places, sizes)
    if (frame) box(frame, group.color, 0.14)
  }
  for (const [id, { at: own, size, color }] of Object.entries(notesOf(document))) {
    const at = places[noteKey(id)] ?? own
    box({ x: at[0], y: at[1], width: size[0], height: size[1] }, color, 0.4)
  }
  context.globalAlpha = 1
}

function drawEdges(
  context: CanvasRenderingContext2D,
  { document, places, sizes }: OpenGraph,
  view: View,
  colour: string,
): void {
  const widthOf = (id: string) => sizes.get(id)?.width ?? NODE_WIDTH
  const heightOf = (id: string) => sizes.get(id)?.height ?? NODE_HEIGHT
  context.strokeStyle = colour
  context.lineWidth = Math.max(0.5, Math.min(1, view.zoom * 4))
  context.beginPath()
  for (const [source, list] of edgeIndex(document.edges).outgoing) {
    const from = places[source]
    if (!from) continue
    for (const edge of list) {
      const to = places[edge.target]
      if (!to) continue
      context.moveTo(
        (from[0] + widthOf(source)) * view.zoom + view.x,
        (from[1] + NODE_HEIGHT / 2) * view.zoom + view.y,
      )
      context.lineTo(to[0] * view.zoom + view.x, (to[1] + NODE_HEIGHT / 2) * view.zoom + view.y)
    }
  }
  context.stroke()
  context.setLineDash([1, 3])
  context.beginPath()
  for (const { node, undo } of undoLinks(document.nodes)) {
    const [from, to] = [places[node], places[undo]]
    if (!from || !to) continue
    context.moveTo(
      (from[0] + widthOf(node) / 2) * view.zoom + view.x,
      (from[1] + heightOf(node)) * view.zoom + view.y,
    )
    context.lineTo((to[0] + widthOf(undo) / 2) * view.zoom + view.x, to[1] * view.zoom + view.y)
  }
  context.stroke()
  context.setLineDash([])
}

/** The node under a place of the document, the last drawn first. */
export function nodeAt(positions: Readonly<Record<string, Position>>, [x, y]: Position): string | null {
  for (const [id, [left, top]] of Object.entries(positions).reverse()) {
    if (noteId(id) !== null) continue
    if (x >= left && x <= left + NODE_WIDTH && y >= top && y <= top + NODE_HEIGHT) return id
  }
  return null
}

/** The nodes that lie wholly in the box between two places of the document. */
export function nodesIn(
  positions: Readonly<Record<string, Position>>,
  one: Position,
  other: Position,
): string[] {
  const [left, right] = [Math.min(one[0], other[0]), Math.max(one[0], other[0])]
  const [top, bottom] = [Math.min(one[1], other[1]), Math.max(one[1], other[1])]
  return Object.entries(positions).flatMap(([id, [x, y]]) =>
    noteId(id) === null && x >= left && x + NODE_WIDTH <= right && y >= top && y + NODE_HEIGHT <= bottom
      ? [id]
      : [],
  )
}

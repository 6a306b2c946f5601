/**
 * Room for open containers: the rows and columns they stand in grow in sight, as those of a spreadsheet do.
 *
 * Nothing of it is written down. Each axis is stretched by itself, piece by piece and without gaps, so that there is
 * one place of the document for each place on the canvas and the other way round.
 */

import type { Bounds } from './layout'
import { NODE_HEIGHT, NODE_WIDTH } from './layout'
import type { Position } from './workflow'

/** A part of an axis and how many px of the canvas each of its px takes. */
interface Piece {
  from: number
  to: number
  /** Where `from` is on the canvas. */
  at: number
  rate: number
}

type Axis = readonly Piece[]

interface Grown {
  from: number
  /** What a card takes of the axis. */
  size: number
  /** What the frame takes. */
  wanted: number
}

export interface Room {
  /** From a place of the document to the one on the canvas. */
  there(at: Position): Position
  /** And back. */
  back(at: Position): Position
}

export const NO_ROOM: Room = { there: (at) => at, back: (at) => at }

/** The pieces of an axis in which a px is more than one; those that lie over each other take what the most wants. */
function axisOf(grown: readonly Grown[]): Axis {
  const stops = [...new Set(grown.flatMap(({ from, size }) => [from, from + size]))].sort((a, b) => a - b)
  const pieces: Piece[] = []
  let shift = 0
  for (const [index, from] of stops.slice(0, -1).entries()) {
    const to = stops[index + 1] ?? from
    const over = grown.filter((one) => one.from <= from && one.from + one.size >= to)
    const rate = Math.max(1, ...over.map(({ size, wanted }) => wanted / size))
    pieces.push({ from, to, at: from + shift, rate })
    shift += (to - from) * (rate - 1)
  }
  return pieces
}

function along(axis: Axis, value: number): number {
  let shift = 0
  for (const { from, to, at, rate } of axis) {
    if (value < from) break
    if (value < to) return at + (value - from) * rate
    shift = at + (to - from) * rate - to
  }
  return value + shift
}

function against(axis: Axis, value: number): number {
  let shift = 0
  for (const { from, to, at, rate } of axis) {
    if (value < at) break
    const end = at + (to - from) * rate
    if (value < end) return from + (value - at) / rate
    shift = end - to
  }
  return value - shift
}

/** Room for frames of these sizes, each where a card stands in the document. */
export function roomFor(frames: readonly { at: Position; size: Pick<Bounds, 'width' | 'height'> }[]): Room {
  if (frames.length === 0) return NO_ROOM
  const across = axisOf(frames.map(({ at, size }) => ({ from: at[0], size: NODE_WIDTH, wanted: size.width })))
  const down = axisOf(frames.map(({ at, size }) => ({ from: at[1], size: NODE_HEIGHT, wanted: size.height })))
  const round = (value: number) => Math.round(value * 100) / 100
  return {
    there: ([x, y]) => [round(along(across, x)), round(along(down, y))],
    back: ([x, y]) => [Math.round(against(across, x)), Math.round(against(down, y))],
  }
}

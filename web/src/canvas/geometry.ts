/** Where ports stand on a card. Computed, never measured: that is what keeps 5,000 nodes quick. */

import { type NodeHandle, Position } from '@xyflow/react'
import { ERROR_OUTLET } from '~/model/edges'
import type { JsonObject } from '~/model/json'
import { NODE_HEIGHT, NODE_WIDTH } from '~/model/layout'
import type { NodeType, PortType } from '~/model/nodeType'
import { ANY, outletsOf } from '~/model/ports'

export { NODE_HEIGHT, NODE_WIDTH }
export const CARD = { width: NODE_WIDTH, height: NODE_HEIGHT }

const HANDLE = 12
const ERROR_INSET = 20

/** The handle of nodes that take ports of any name: a wire to it makes a new port. */
export const NEW_PORT = '+'

export interface PortView {
  name: string
  type: PortType
  required: boolean
  /** Only orders the nodes: drawn small, shown when wired, hovered or aimed at. */
  quiet: boolean
  /** An edge ends or begins here. */
  wired: boolean
  /** Centre, px from the top of the card (error: from its left). */
  at: number
}

export interface Ports {
  inputs: readonly PortView[]
  outputs: readonly PortView[]
}

function spread(count: number, index: number): number {
  return Math.round(((index + 1) * NODE_HEIGHT) / (count + 1))
}

/** Declared ports and outlets, and those only the document's edges name, so that no wire hangs in the air. */
export function portsOf(
  type: NodeType | null,
  config: JsonObject | undefined,
  wiredIn: readonly string[],
  wiredOut: readonly string[],
): Ports {
  const inputs: Omit<PortView, 'at'>[] = (type?.ports ?? []).map((port) => ({
    name: port.name,
    type: port.type,
    required: port.required,
    quiet: (port.implicit ?? false) && !wiredIn.includes(port.name),
    wired: wiredIn.includes(port.name),
  }))
  const extra = type?.any_port_type ?? ANY
  for (const name of wiredIn) {
    if (!inputs.some((port) => port.name === name))
      inputs.push({ name, type: extra, required: false, quiet: false, wired: true })
  }
  if (type?.any_port) {
    inputs.push({ name: NEW_PORT, type: extra, required: false, quiet: inputs.length > 0, wired: false })
  }
  const outputs: Omit<PortView, 'at'>[] = (type ? outletsOf(type, config) : []).map((outlet) => ({
    name: outlet.name,
    type: outlet.type,
    required: false,
    quiet: false,
    wired: wiredOut.includes(outlet.name),
  }))
  for (const name of wiredOut) {
    const known = name === ERROR_OUTLET || outputs.some((port) => port.name === name)
    if (!known) outputs.push({ name, type: ANY, required: false, quiet: false, wired: true })
  }
  const place = (port: Omit<PortView, 'at'>, index: number, all: unknown[]): PortView => ({
    ...port,
    at: spread(all.length, index),
  })
  return { inputs: inputs.map(place), outputs: outputs.map(place) }
}

export const ERROR_AT = NODE_WIDTH - ERROR_INSET

/** Where the dotted wires between a node and what undoes it end: they cannot be dragged. */
export const UNDO_HANDLE = 'undo'

/**
 * @param undo whether something undoes the node, and whether it undoes another.
 * @param size of the card, or of the frame of an open container: its ports stay beside the title.
 */
export function handlesOf(
  ports: Ports,
  undo: { undone: boolean; undoes: boolean },
  size: { width: number; height: number } = CARD,
): NodeHandle[] {
  const point = { x: size.width / 2, width: 1, height: 1, id: UNDO_HANDLE }
  const box = { width: HANDLE, height: HANDLE }
  const half = HANDLE / 2
  return [
    ...ports.inputs.map((port) => ({
      ...box,
      id: port.name,
      type: 'target' as const,
      position: Position.Left,
      x: -half,
      y: port.at - half,
    })),
    ...ports.outputs.map((port) => ({
      ...box,
      id: port.name,
      type: 'source' as const,
      position: Position.Right,
      x: size.width - half,
      y: port.at - half,
    })),
    {
      ...box,
      id: ERROR_OUTLET,
      type: 'source' as const,
      position: Position.Bottom,
      x: ERROR_AT - half,
      y: size.height - half,
    },
    ...(undo.undone
      ? [{ ...point, type: 'source' as const, position: Position.Bottom, y: size.height }]
      : []),
    ...(undo.undoes ? [{ ...point, type: 'target' as const, position: Position.Top, y: 0 }] : []),
  ]
}

/** What a wire being dragged may reach. */

import type { Connection, ConnectionState } from '@xyflow/react'
import { words } from '~/i18n'
import { closesCycle, edgeIndex } from '~/model/edgeIndex'
import { DEFAULT_OUTLET, DEFAULT_PORT, type Edge } from '~/model/edges'
import { freshId } from '~/model/edits'
import type { NodeTypes } from '~/model/nodeType'
import {
  firstFittingOutlet,
  firstFittingPort,
  mainOutlet,
  nodeTypeOf,
  outletType,
  portOf,
  refuseWire,
} from '~/model/ports'
import { undoneBy } from '~/model/undo'
import type { WorkflowDocument } from '~/model/workflow'
import { NEW_PORT } from './geometry'

/** The end a wire is dragged from. */
export interface WireEnd {
  node: string
  handle: string
  type: 'source' | 'target'
}

/** A text per drag, so that cards render when it starts and ends and not on every move. */
export function wireEndKey(connection: ConnectionState): string {
  const { inProgress, fromHandle } = connection
  return inProgress && fromHandle ? `${fromHandle.nodeId}|${fromHandle.id ?? ''}|${fromHandle.type}` : ''
}

export function parseWireEnd(key: string): WireEnd | null {
  const [node, handle, type] = key.split('|')
  return node && handle && (type === 'source' || type === 'target') ? { node, handle, type } : null
}

export function edgeOf(connection: Connection): Edge {
  return {
    source: connection.source,
    outlet: connection.sourceHandle ?? DEFAULT_OUTLET,
    target: connection.target,
    port: connection.targetHandle ?? DEFAULT_PORT,
  }
}

/** Null when the wire may be drawn, else why not. */
export function refusal(document: WorkflowDocument, types: NodeTypes, edge: Edge): string | null {
  if (edge.source === edge.target) return words.editor.wire.self
  const undoing = undoneBy(document.nodes)
  if (undoing.has(edge.source) || undoing.has(edge.target)) return words.editor.wire.undoRefused
  if (closesCycle(document.edges, edge.source, edge.target)) return words.editor.wire.cycle
  return refuseWire(document, types, edge)?.reason ?? null
}

/** The edge a drag makes when it ends at `node` (and there, if given, at `handle`); null when none is possible. */
export function edgeTo(
  document: WorkflowDocument,
  types: NodeTypes,
  from: WireEnd,
  node: string,
  handle?: string,
): Edge | null {
  const type = nodeTypeOf(document, types, node)
  if (from.type === 'source') {
    const given = outletType(document, types, from.node, from.handle)
    const port = handle ?? (type ? firstFittingPort(type, given) : DEFAULT_PORT)
    return port ? { source: from.node, outlet: from.handle, target: node, port } : null
  }
  const target = nodeTypeOf(document, types, from.node)
  const wanted = target && portOf(target, from.handle === NEW_PORT ? DEFAULT_PORT : from.handle)
  const fitting = type && (firstFittingOutlet(type, wanted) ?? mainOutlet(type))
  return {
    source: node,
    outlet: handle ?? fitting ?? DEFAULT_OUTLET,
    target: from.node,
    port: from.handle,
  }
}

/** Null when a drag may end on this card, else why not, in words. */
export function whyNot(
  document: WorkflowDocument,
  types: NodeTypes,
  from: WireEnd,
  node: string,
): string | null {
  const edge = edgeTo(document, types, from, node)
  if (edge) return refusal(document, types, edge)
  // No port fits: the first one says what it would take.
  const port = nodeTypeOf(document, types, node)?.ports[0]?.name
  const reason = port
    ? refusal(document, types, { source: from.node, outlet: from.handle, target: node, port })
    : null
  return reason ?? words.editor.wire.noPort
}

/** Give a wire to the "new port" handle a port name of its own: after its source. */
export function nameNewPort(document: WorkflowDocument, edge: Edge): Edge {
  if (edge.port !== NEW_PORT) return edge
  const taken = new Set((edgeIndex(document.edges).incoming.get(edge.target) ?? []).map((wire) => wire.port))
  return { ...edge, port: taken.has(DEFAULT_PORT) ? freshId(taken, edge.source) : DEFAULT_PORT }
}

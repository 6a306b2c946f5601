import { type Edge as AnyEdge, type Connection, type FinalConnectionState, useReactFlow } from '@xyflow/react'
import { useCallback, useRef } from 'react'
import { DEFAULT_OUTLET, DEFAULT_PORT, type Edge } from '~/model/edges'
import { edgeNamed } from '~/model/frames'
import type { CanvasEditing, CanvasScene } from './context'
import { NODE_HEIGHT, NODE_WIDTH } from './geometry'
import { edgeOnCard, portNamed, refusalOf } from './sceneWires'
import { edgeOf, type WireEnd } from './wiring'

function clientPoint(event: MouseEvent | TouchEvent) {
  const point = 'changedTouches' in event ? event.changedTouches[0] : event
  return { x: point?.clientX ?? 0, y: point?.clientY ?? 0 }
}

/** The end that stays where it is while the other is dragged. */
function heldEnd({ fromHandle }: FinalConnectionState): WireEnd | null {
  if (!fromHandle) return null
  return {
    node: fromHandle.nodeId,
    handle: fromHandle.id ?? (fromHandle.type === 'source' ? DEFAULT_OUTLET : DEFAULT_PORT),
    type: fromHandle.type,
  }
}

function under(event: MouseEvent | TouchEvent) {
  const client = clientPoint(event)
  const element = document.elementFromPoint(client.x, client.y)
  return {
    client,
    card: element?.closest<HTMLElement>('.react-flow__node')?.dataset.id ?? null,
    pane: element?.closest('.react-flow__pane') != null,
  }
}

/** Drawing wires: onto a port, onto a card (its first fitting port), or into the open (the quick-add list). */
export function useConnecting(scene: CanvasScene, editing: CanvasEditing | null) {
  const { screenToFlowPosition } = useReactFlow()
  /** The wire whose end is being dragged. */
  const held = useRef<Edge | null>(null)

  const isValidConnection = useCallback(
    (
      wire:
        | Connection
        | { source: string; target: string; sourceHandle?: string | null; targetHandle?: string | null },
    ) => {
      const edge = edgeOf({
        ...wire,
        sourceHandle: wire.sourceHandle ?? null,
        targetHandle: wire.targetHandle ?? null,
      })
      return refusalOf(scene, edge) === null
    },
    [scene],
  )
  const onConnect = useCallback(
    (connection: Connection) => editing?.onConnect(portNamed(scene, edgeOf(connection))),
    [editing, scene],
  )
  const onConnectEnd = useCallback(
    (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
      const from = heldEnd(state)
      if (held.current || state.isValid || !from || !editing) return
      const { client, card, pane } = under(event)
      if (card) {
        const edge = edgeOnCard(scene, from, card)
        if (edge) editing.onConnect(edge)
      } else if (pane) {
        const { x, y } = screenToFlowPosition(client)
        const top = y - NODE_HEIGHT / 2
        editing.onQuickAdd(
          from.type === 'source'
            ? { at: [x, top], from: { node: from.node, outlet: from.handle } }
            : { at: [x - NODE_WIDTH, top], to: { node: from.node, port: from.handle } },
        )
      }
    },
    [editing, scene, screenToFlowPosition],
  )
  const onReconnectStart = useCallback((_: unknown, edge: AnyEdge) => {
    held.current = edgeNamed(edge.id)
  }, [])
  const onReconnect = useCallback(
    (edge: AnyEdge, connection: Connection) => {
      const from = edgeNamed(edge.id)
      if (from) editing?.onReconnect(from, portNamed(scene, edgeOf(connection)))
    },
    [editing, scene],
  )
  const onReconnectEnd = useCallback(
    (event: MouseEvent | TouchEvent, _: unknown, __: unknown, state: FinalConnectionState) => {
      const [edge, from] = [held.current, heldEnd(state)]
      held.current = null
      if (state.isValid || !edge || !from) return
      const { card } = under(event)
      const next = card ? edgeOnCard(scene, from, card) : null
      if (next) editing?.onReconnect(edge, next)
    },
    [editing, scene],
  )
  return { isValidConnection, onConnect, onConnectEnd, onReconnectStart, onReconnect, onReconnectEnd }
}

import { type Connection, type FinalConnectionState, useReactFlow } from '@xyflow/react'
import { useCallback } from 'react'
import { DEFAULT_OUTLET, DEFAULT_PORT } from '~/model/edges'
import type { CanvasEditing, CanvasScene } from './context'
import { NODE_HEIGHT } from './geometry'
import { edgeOf, edgeTo, nameNewPort, refusal } from './wiring'

function clientPoint(event: MouseEvent | TouchEvent) {
  const point = 'changedTouches' in event ? event.changedTouches[0] : event
  return { x: point?.clientX ?? 0, y: point?.clientY ?? 0 }
}

/** Drawing wires: onto a port, onto a card (its first fitting port), or into the open (the quick-add list). */
export function useConnecting(scene: CanvasScene, editing: CanvasEditing | null) {
  const { screenToFlowPosition } = useReactFlow()

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
      return refusal(scene.getDocument(), scene.types, edge) === null
    },
    [scene],
  )
  const onConnect = useCallback(
    (connection: Connection) => editing?.onConnect(nameNewPort(scene.getDocument(), edgeOf(connection))),
    [editing, scene],
  )
  const onConnectEnd = useCallback(
    (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
      const { fromHandle, isValid } = state
      if (isValid || !fromHandle || !editing) return
      const from = {
        node: fromHandle.nodeId,
        handle: fromHandle.id ?? (fromHandle.type === 'source' ? DEFAULT_OUTLET : DEFAULT_PORT),
        type: fromHandle.type,
      }
      const client = clientPoint(event)
      const under = document.elementFromPoint(client.x, client.y)
      const card = under?.closest<HTMLElement>('.react-flow__node')
      if (card?.dataset.id) {
        const edge = edgeTo(scene.getDocument(), scene.types, from, card.dataset.id)
        if (edge && refusal(scene.getDocument(), scene.types, edge) === null) {
          editing.onConnect(nameNewPort(scene.getDocument(), edge))
        }
      } else if (under?.closest('.react-flow__pane') && from.type === 'source') {
        const at = screenToFlowPosition(client)
        editing.onQuickAdd({
          at: [at.x, at.y - NODE_HEIGHT / 2],
          from: { node: from.node, outlet: from.handle },
        })
      }
    },
    [editing, scene, screenToFlowPosition],
  )
  return { isValidConnection, onConnect, onConnectEnd }
}

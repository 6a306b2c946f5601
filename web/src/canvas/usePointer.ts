import type { Edge as AnyEdge, Node as AnyNode } from '@xyflow/react'
import { useReactFlow } from '@xyflow/react'
import { type DragEvent, type MouseEvent, type RefObject, useMemo, useRef } from 'react'
import type { Position } from '~/model/workflow'
import type { CanvasEditing, MenuTarget } from './context'
import { NODE_HEIGHT, NODE_WIDTH } from './geometry'
import { draggedType } from './paletteDrag'
import { nodeAt } from './picture'
import type { CanvasHandle } from './viewport'

interface PointerScene {
  editing: CanvasEditing | null
  /** Zoomed out: React Flow has no nodes, so what is clicked is looked up. */
  far: boolean
  positions: Record<string, Position>
  handle: RefObject<CanvasHandle | null>
  onSelect: ((id: string | null) => void) | undefined
  onOpen: ((id: string) => void) | undefined
  follow(at: Position | null): void
}

type Place = { clientX: number; clientY: number }

/** What clicks, drops and menus mean. The callbacks never change, so that a drag renders only what moves. */
export function usePointer(scene: PointerScene) {
  const { screenToFlowPosition } = useReactFlow()
  const latest = useRef(scene)
  latest.current = scene
  return useMemo(() => {
    const at = (event: Place): Position => {
      const { x, y } = screenToFlowPosition({ x: event.clientX, y: event.clientY })
      return [x, y]
    }
    /** Upper left corner of a card whose middle is under the pointer. */
    const centred = (event: Place): Position => {
      const [x, y] = at(event)
      return [x - NODE_WIDTH / 2, y - NODE_HEIGHT / 2]
    }
    const menu = (target: MenuTarget, event: Place & { preventDefault(): void }) => {
      const { editing } = latest.current
      if (!editing) return
      event.preventDefault()
      editing.onMenu(target, { x: event.clientX, y: event.clientY })
    }
    return {
      onNodeClick: (_: unknown, node: AnyNode) => {
        if (!latest.current.editing) latest.current.onSelect?.(node.id)
      },
      onNodeDoubleClick: (_: unknown, node: AnyNode) => {
        const { editing, onOpen } = latest.current
        if (editing) editing.onOpen(node.id)
        else onOpen?.(node.id)
      },
      onPaneClick: (event: MouseEvent) => {
        const { editing, far, positions, handle, onSelect } = latest.current
        const id = far ? nodeAt(positions, at(event)) : null
        if (editing) editing.onSelectOnly(id)
        else onSelect?.(id)
        if (id && event.detail > 1) handle.current?.show(id)
      },
      onDoubleClick: (event: MouseEvent) => {
        const { editing, far } = latest.current
        const pane = event.target instanceof Element && event.target.classList.contains('react-flow__pane')
        if (pane && !far) editing?.onQuickAdd({ at: centred(event) })
      },
      onNodeContextMenu: (event: MouseEvent, node: AnyNode) => menu({ kind: 'node', id: node.id }, event),
      // The wire to what undoes a node is a setting of that node.
      onEdgeClick: (_: unknown, edge: AnyEdge) => {
        const { editing, onSelect } = latest.current
        if (edge.type !== 'undo') return
        if (editing) editing.onSelectOnly(edge.source)
        else onSelect?.(edge.source)
      },
      onEdgeContextMenu: (event: MouseEvent, edge: AnyEdge) =>
        menu(edge.type === 'undo' ? { kind: 'node', id: edge.source } : { kind: 'edge', id: edge.id }, event),
      onPaneContextMenu: (event: MouseEvent | globalThis.MouseEvent) => menu({ kind: 'pane' }, event),
      onDragOver: (event: DragEvent) => event.preventDefault(),
      onDrop: (event: DragEvent) => {
        const type = draggedType(event.dataTransfer)
        if (!type || !latest.current.editing) return
        event.preventDefault()
        latest.current.editing.onDropType(type, centred(event))
      },
      onMouseMove: (event: MouseEvent) => latest.current.follow([event.clientX, event.clientY]),
      onMouseLeave: () => latest.current.follow(null),
    }
  }, [screenToFlowPosition])
}

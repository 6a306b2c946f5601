import type { Edge as AnyEdge, Node as AnyNode } from '@xyflow/react'
import { useReactFlow } from '@xyflow/react'
import { type DragEvent, type MouseEvent, type RefObject, useMemo, useRef } from 'react'
import { graphAt, nameOfEdge } from '~/model/frames'
import type { Position } from '~/model/workflow'
import type { CanvasEditing, CanvasScene, MenuTarget } from './context'
import { aimAt, endDragging } from './dragging'
import { edgeFor } from './dropInto'
import { NODE_HEIGHT, NODE_WIDTH } from './geometry'
import { draggedType, typeOnTheWay } from './paletteDrag'
import { nodeAt, nodesIn } from './picture'
import type { CanvasHandle } from './viewport'

interface PointerScene {
  editing: CanvasEditing | null
  scene: CanvasScene
  /** Zoomed out: React Flow has no nodes, so what is clicked is looked up. */
  far: boolean
  positions: Readonly<Record<string, Position>>
  handle: RefObject<CanvasHandle | null>
  onSelect: ((id: string | null) => void) | undefined
  onOpen: ((id: string) => void) | undefined
  follow(at: Position | null): void
}

const isCardKind = ({ type }: AnyNode) => type === 'workflow' || type === 'container'

type Place = { clientX: number; clientY: number }

/** What clicks, drops and menus mean. The callbacks never change, so that a drag renders only what moves. */
export function usePointer(pointer: PointerScene) {
  const { screenToFlowPosition, getZoom } = useReactFlow()
  const latest = useRef(pointer)
  latest.current = pointer
  const boxFrom = useRef<Position | null>(null)
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
    /** The edge that a node of this type would be put into when it is dropped here. */
    const edgeUnder = (type: string | null, event: Place) => {
      const { scene, far } = latest.current
      if (type === null || far) return null
      return edgeFor(scene, scene.types.get(type), { x: event.clientX, y: event.clientY }, getZoom())
    }
    return {
      onNodeClick: (_: unknown, node: AnyNode) => {
        if (isCardKind(node) && !latest.current.editing) latest.current.onSelect?.(node.id)
      },
      onNodeDoubleClick: (_: unknown, node: AnyNode) => {
        const { editing, onOpen } = latest.current
        if (node.type === 'note') editing?.onRenaming(node.id)
        if (!isCardKind(node)) return
        if (editing) editing.onOpen(node.id)
        else onOpen?.(node.id)
      },
      onPaneClick: (event: MouseEvent) => {
        const { editing, scene, far, positions, handle, onSelect } = latest.current
        const id = far ? nodeAt(positions, at(event)) : null
        if (editing && id === null) editing.onGraph(graphAt(scene.getGraphs(), at(event))?.key ?? '')
        if (editing) editing.onSelectOnly(id)
        else onSelect?.(id)
        if (id && event.detail > 1) handle.current?.show(id)
      },
      onDoubleClick: (event: MouseEvent) => {
        const { editing, far } = latest.current
        const pane = event.target instanceof Element && event.target.classList.contains('react-flow__pane')
        if (pane && !far) editing?.onQuickAdd({ at: centred(event) })
      },
      // Zoomed out, React Flow draws the box and knows no node in it.
      onSelectionStart: (event: MouseEvent) => {
        boxFrom.current = at(event)
      },
      onSelectionEnd: (event: MouseEvent) => {
        const { editing, far, positions } = latest.current
        const from = boxFrom.current
        boxFrom.current = null
        if (!far || !from || !editing) return
        editing.onSelectNodes(nodesIn(positions, from, at(event)).map((id) => ({ id, selected: true })))
      },
      onNodeContextMenu: (event: MouseEvent, { id, type }: AnyNode) =>
        menu({ kind: type === 'note' ? 'note' : type === 'frame' ? 'group' : 'node', id }, event),
      onSelectionContextMenu: (event: MouseEvent) => menu({ kind: 'selection' }, event),
      // The wire to what undoes a node is a setting of that node.
      onEdgeClick: (_: unknown, edge: AnyEdge) => {
        const { editing, onSelect } = latest.current
        if (edge.type !== 'undo') return
        if (editing) editing.onSelectOnly(edge.source)
        else onSelect?.(edge.source)
      },
      onEdgeContextMenu: (event: MouseEvent, edge: AnyEdge) =>
        menu(edge.type === 'undo' ? { kind: 'node', id: edge.source } : { kind: 'edge', id: edge.id }, event),
      onPaneContextMenu: (event: MouseEvent | globalThis.MouseEvent) => {
        const { editing, scene, far, positions } = latest.current
        const id = far ? nodeAt(positions, at(event)) : null
        if (id === null && editing) editing.onGraph(graphAt(scene.getGraphs(), at(event))?.key ?? '')
        menu(id ? { kind: 'node', id } : { kind: 'pane' }, event)
      },
      onDragOver: (event: DragEvent) => {
        event.preventDefault()
        const edge = latest.current.editing && edgeUnder(typeOnTheWay(), event)
        aimAt(latest.current.scene.dragging, edge && nameOfEdge(edge))
      },
      onDragLeave: () => aimAt(latest.current.scene.dragging, null),
      onDrop: (event: DragEvent) => {
        const type = draggedType(event.dataTransfer)
        const { editing, scene } = latest.current
        endDragging(scene.dragging)
        if (!type || !editing) return
        event.preventDefault()
        editing.onDropType(type, centred(event), edgeUnder(type, event) ?? undefined)
      },
      onMouseMove: (event: MouseEvent) => latest.current.follow([event.clientX, event.clientY]),
      onMouseLeave: () => latest.current.follow(null),
    }
  }, [screenToFlowPosition, getZoom])
}

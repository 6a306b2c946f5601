import {
  Background,
  BackgroundVariant,
  ConnectionLineType,
  ReactFlow,
  useReactFlow,
  type Viewport,
} from '@xyflow/react'
import { type DragEvent, type MouseEvent, useCallback, useMemo, useRef, useState } from 'react'
import type { CanvasProps } from './Canvas'
import classes from './Canvas.module.css'
import { ConnectionHint } from './ConnectionHint'
import { Controls } from './Controls'
import { CanvasContext, type CanvasScene, type MenuTarget } from './context'
import { FarLayer } from './FarLayer'
import { NODE_HEIGHT, NODE_WIDTH } from './geometry'
import { Minimap } from './Minimap'
import { draggedType } from './paletteDrag'
import { nodeAt, type Picture } from './picture'
import type { FlowEdge, FlowNode } from './toFlow'
import { useConnecting } from './useConnecting'
import { useFlow } from './useFlow'
import { type CanvasHandle, MAX_ZOOM, MIN_ZOOM, useViewport } from './viewport'
import { WorkflowEdge } from './WorkflowEdge'
import { WorkflowNode } from './WorkflowNode'

const nodeKinds = { workflow: WorkflowNode }
const edgeKinds = { workflow: WorkflowEdge }
const NONE: never[] = []
const PAN_BUTTONS = [0, 1]
/** A picture this small needs no map of itself. */
const MINIMAP_FROM = 13

export function CanvasStage({ firstView, ref, ...props }: CanvasProps & { firstView: Viewport }) {
  const { document, nodeTypes, status, selected = null, onSelect, readOnly = false } = props
  const editing = readOnly ? null : (props.editing ?? null)
  const flow = useFlow({ document, types: nodeTypes, selected, editing })
  const latest = useRef({ document, positions: flow.positions, editing })
  latest.current = { document, positions: flow.positions, editing }
  const getPositions = useCallback(() => latest.current.positions, [])
  const own = useRef<CanvasHandle>(null)
  const [setHandle] = useState(() => (handle: CanvasHandle | null) => {
    own.current = handle
    if (typeof ref === 'function') ref(handle)
    else if (ref) ref.current = handle
  })
  const { far, follow } = useViewport({ ref: setHandle, getPositions })
  const { screenToFlowPosition } = useReactFlow()
  const shows = editing === null
  const scene = useMemo<CanvasScene>(
    () => ({
      status,
      types: nodeTypes,
      readOnly: shows,
      getDocument: () => latest.current.document,
      onInsert: (edge, at) => latest.current.editing?.onQuickAdd({ at, into: edge }),
    }),
    [status, nodeTypes, shows],
  )
  const wires = useConnecting(scene, editing)
  const chosen = editing?.selectedNodes
  const picture = useMemo<Picture>(
    () => ({
      document,
      positions: flow.positions,
      status,
      selected: new Set(chosen ?? (selected ? [selected] : [])),
    }),
    [document, flow.positions, status, chosen, selected],
  )

  const choose = (id: string | null) => {
    if (editing) editing.onSelectOnly(id)
    else onSelect?.(id)
  }
  const under = (event: MouseEvent) => {
    const at = screenToFlowPosition({ x: event.clientX, y: event.clientY })
    return nodeAt(flow.positions, [at.x, at.y])
  }
  const onPaneClick = (event: MouseEvent) => {
    const id = far ? under(event) : null
    choose(id)
    if (id && event.detail > 1) own.current?.show(id)
  }
  const menu = (target: MenuTarget, event: { clientX: number; clientY: number; preventDefault(): void }) => {
    if (!editing) return
    event.preventDefault()
    editing.onMenu(target, { x: event.clientX, y: event.clientY })
  }
  const onDrop = (event: DragEvent) => {
    const type = draggedType(event.dataTransfer)
    if (!type || !editing) return
    event.preventDefault()
    const at = screenToFlowPosition({ x: event.clientX, y: event.clientY })
    editing.onDropType(type, [at.x - NODE_WIDTH / 2, at.y - NODE_HEIGHT / 2])
  }
  const onDoubleClick = (event: MouseEvent) => {
    const pane = event.target instanceof Element && event.target.classList.contains('react-flow__pane')
    if (!pane || far || !editing) return
    const at = screenToFlowPosition({ x: event.clientX, y: event.clientY })
    editing.onQuickAdd({ at: [at.x - NODE_WIDTH / 2, at.y - NODE_HEIGHT / 2] })
  }

  return (
    <CanvasContext value={scene}>
      <ReactFlow<FlowNode, FlowEdge>
        nodes={far ? NONE : flow.nodes}
        edges={far ? NONE : flow.edges}
        nodeTypes={nodeKinds}
        edgeTypes={edgeKinds}
        onNodesChange={flow.onNodesChange}
        onEdgesChange={flow.onEdgesChange}
        onNodeDragStop={flow.onDragStop}
        onSelectionDragStop={(event, nodes) => flow.onDragStop(event, null, nodes)}
        onNodeClick={(_, node) => (editing ? undefined : onSelect?.(node.id))}
        onNodeDoubleClick={() => editing?.onOpen()}
        onPaneClick={onPaneClick}
        onDoubleClick={onDoubleClick}
        onNodeContextMenu={(event, node) => menu({ kind: 'node', id: node.id }, event)}
        onEdgeContextMenu={(event, edge) => menu({ kind: 'edge', id: edge.id }, event)}
        onPaneContextMenu={(event) => menu({ kind: 'pane' }, event)}
        onDragOver={(event) => event.preventDefault()}
        onDrop={onDrop}
        onMouseMove={(event) => follow([event.clientX, event.clientY])}
        onMouseLeave={() => follow(null)}
        {...wires}
        defaultViewport={firstView}
        minZoom={MIN_ZOOM}
        maxZoom={MAX_ZOOM}
        onlyRenderVisibleElements
        nodesDraggable={editing !== null}
        nodesConnectable={editing !== null}
        elementsSelectable={editing !== null}
        elevateNodesOnSelect={false}
        selectNodesOnDrag={false}
        connectionRadius={24}
        connectionLineType={ConnectionLineType.SmoothStep}
        deleteKeyCode={null}
        disableKeyboardA11y
        zoomOnDoubleClick={false}
        panOnDrag={PAN_BUTTONS}
        proOptions={{ hideAttribution: true }}
      >
        {far ? (
          <FarLayer picture={picture} />
        ) : (
          <Background variant={BackgroundVariant.Dots} gap={24} size={1.2} className={classes.dots} />
        )}
        {Object.keys(document.nodes).length >= MINIMAP_FROM ? <Minimap picture={picture} /> : null}
        <Controls handle={own} />
        {editing ? <ConnectionHint /> : null}
      </ReactFlow>
    </CanvasContext>
  )
}

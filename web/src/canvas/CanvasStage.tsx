import { Background, BackgroundVariant, ConnectionLineType, ReactFlow, type Viewport } from '@xyflow/react'
import { useCallback, useMemo, useRef, useState } from 'react'
import { movables } from '~/model/notes'
import type { Position, WorkflowDocument } from '~/model/workflow'
import type { CanvasProps } from './Canvas'
import classes from './Canvas.module.css'
import { ConnectionHint } from './ConnectionHint'
import { Controls } from './Controls'
import { CanvasContext, type CanvasEditing, type CanvasScene } from './context'
import { createDragStore } from './dragging'
import { FarLayer } from './FarLayer'
import { GroupFrame } from './GroupFrame'
import { Guides } from './Guides'
import { Minimap } from './Minimap'
import { NoteCard } from './NoteCard'
import type { Picture } from './picture'
import { usePreferences } from './preferences'
import type { CanvasNode, FlowEdge } from './toFlow'
import { UndoWire } from './UndoWire'
import { useConnecting } from './useConnecting'
import { useFlow } from './useFlow'
import { usePointer } from './usePointer'
import { type CanvasHandle, MAX_ZOOM, MIN_ZOOM, useViewport } from './viewport'
import { WorkflowEdge } from './WorkflowEdge'
import { WorkflowNode } from './WorkflowNode'

const nodeKinds = { workflow: WorkflowNode, note: NoteCard, frame: GroupFrame }
const edgeKinds = { workflow: WorkflowEdge, undo: UndoWire }
const NONE: never[] = []
const PAN_BUTTONS = [0, 1]
/** Two fingers move the view as far as they go. */
const PAN_SPEED = 1
/** The end of a wire that can be grabbed, px from the port. */
const RECONNECT_RADIUS = 14

interface Latest {
  document: WorkflowDocument
  positions: Record<string, Position>
  editing: CanvasEditing | null
}

export function CanvasStage({ firstView, ref, ...props }: CanvasProps & { firstView: Viewport }) {
  const { document, nodeTypes, status, selected = null, onSelect, onOpen, readOnly = false } = props
  const editing = readOnly ? null : (props.editing ?? null)
  const latest = useRef<Latest>({ document, positions: {}, editing })
  const [dragging] = useState(createDragStore)
  const shows = editing === null
  const scene = useMemo<CanvasScene>(
    () => ({
      status,
      types: nodeTypes,
      readOnly: shows,
      dragging,
      getDocument: () => latest.current.document,
      getPlace: (id) => latest.current.positions[id],
      getEditing: () => latest.current.editing,
    }),
    [status, nodeTypes, shows, dragging],
  )
  const flow = useFlow({ document, types: nodeTypes, selected, editing, scene })
  const places = useMemo(() => movables(document, flow.positions), [document, flow.positions])
  latest.current = { document, positions: places, editing }
  const getPositions = useCallback(() => latest.current.positions, [])
  const own = useRef<CanvasHandle>(null)
  const [setHandle] = useState(() => (handle: CanvasHandle | null) => {
    own.current = handle
    if (typeof ref === 'function') ref(handle)
    else if (ref) ref.current = handle
  })
  const { far, small, follow } = useViewport({
    ref: setHandle,
    getPositions,
    firstZoom: firstView.zoom,
  })
  const wheel = usePreferences((now) => now.wheel)
  const wires = useConnecting(scene, editing)
  const chosen = editing?.selectedNodes
  const picture = useMemo<Picture>(() => {
    const marked = new Set(chosen ?? (selected ? [selected] : []))
    return { document, positions: flow.positions, status, selected: marked }
  }, [document, flow.positions, status, chosen, selected])
  const pointer = usePointer({
    editing,
    scene,
    far,
    positions: flow.positions,
    handle: own,
    onSelect,
    onOpen,
    follow,
  })

  return (
    <CanvasContext value={scene}>
      <ReactFlow<CanvasNode, FlowEdge>
        data-detail={small ? 'small' : 'full'}
        {...flow.handlers}
        nodes={far ? NONE : flow.handlers.nodes}
        edges={far ? NONE : flow.handlers.edges}
        nodeTypes={nodeKinds}
        edgeTypes={edgeKinds}
        {...pointer}
        {...wires}
        defaultViewport={firstView}
        minZoom={MIN_ZOOM}
        maxZoom={MAX_ZOOM}
        onlyRenderVisibleElements
        nodesDraggable={editing !== null}
        nodesConnectable={editing !== null}
        elementsSelectable={editing !== null}
        edgesReconnectable={editing !== null}
        reconnectRadius={RECONNECT_RADIUS}
        elevateNodesOnSelect={false}
        selectNodesOnDrag={false}
        connectionRadius={24}
        connectionLineType={ConnectionLineType.SmoothStep}
        deleteKeyCode={null}
        disableKeyboardA11y
        zoomOnDoubleClick={false}
        panOnDrag={PAN_BUTTONS}
        panOnScroll={wheel === 'pan'}
        zoomOnScroll={wheel === 'zoom'}
        panOnScrollSpeed={PAN_SPEED}
        proOptions={{ hideAttribution: true }}
      >
        {far ? (
          <FarLayer picture={picture} />
        ) : (
          <Background variant={BackgroundVariant.Dots} gap={24} size={1.2} className={classes.dots} />
        )}
        <Minimap picture={picture} />
        <Controls handle={own} />
        {editing ? <ConnectionHint /> : null}
        {editing ? <Guides /> : null}
      </ReactFlow>
    </CanvasContext>
  )
}

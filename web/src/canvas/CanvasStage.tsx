import { Background, BackgroundVariant, ConnectionLineType, ReactFlow, type Viewport } from '@xyflow/react'
import { useCallback, useMemo, useRef, useState } from 'react'
import type { OpenGraph } from '~/model/frames'
import type { Position } from '~/model/workflow'
import type { RunStatusStore } from '~/runs/state'
import type { CanvasProps } from './Canvas'
import classes from './Canvas.module.css'
import { ConnectionHint } from './ConnectionHint'
import { ContainerFrame } from './ContainerFrame'
import { Controls } from './Controls'
import { CanvasContext, type CanvasEditing, type CanvasScene } from './context'
import { createDragStore } from './dragging'
import { FarLayer } from './FarLayer'
import { GroupFrame } from './GroupFrame'
import { Guides } from './Guides'
import { inGraphs } from './inGraphs'
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

const nodeKinds = { workflow: WorkflowNode, container: ContainerFrame, note: NoteCard, frame: GroupFrame }
const edgeKinds = { workflow: WorkflowEdge, undo: UndoWire }
const NONE: never[] = []
export const NONE_OPEN: ReadonlySet<string> = new Set()
const NO_STATUSES: ReadonlyMap<string, RunStatusStore> = new Map()
const PAN_BUTTONS = [0, 1]
/** Two fingers move the view as far as they go. */
const PAN_SPEED = 1
/** The end of a wire that can be grabbed, px from the port. */
const RECONNECT_RADIUS = 14

interface Latest {
  graphs: readonly OpenGraph[]
  places: Readonly<Record<string, Position>>
  editing: CanvasEditing | null
}

export function CanvasStage({ firstView, ref, ...props }: CanvasProps & { firstView: Viewport }) {
  const { document, nodeTypes, status, selected = null, onSelect, onOpen, readOnly = false } = props
  const {
    open = NONE_OPEN,
    active = '',
    statuses: inside = NO_STATUSES,
    onFold = null,
    head = null,
  } = props.frames ?? {}
  const latest = useRef<Latest>({ graphs: [], places: {}, editing: null })
  const getGraphs = useCallback(() => latest.current.graphs, [])
  const told = readOnly ? null : (props.editing ?? null)
  const editing = useMemo(
    () => told && inGraphs({ editing: told, active, getGraphs }),
    [told, active, getGraphs],
  )
  const statuses = useMemo(
    () => new Map([...(status ? [['', status] as const] : []), ...inside]),
    [status, inside],
  )
  const [dragging] = useState(createDragStore)
  const shows = editing === null
  const scene = useMemo<CanvasScene>(
    () => ({
      statuses,
      types: nodeTypes,
      readOnly: shows,
      dragging,
      getGraphs,
      getPlace: (id) => latest.current.places[id],
      getEditing: () => latest.current.editing,
      onFold,
      head,
    }),
    [statuses, nodeTypes, shows, dragging, getGraphs, onFold, head],
  )
  const flow = useFlow({ document, types: nodeTypes, selected, editing, scene, open, active })
  const { graphs, places } = flow
  latest.current = { graphs, places, editing }
  const getPlaces = useCallback(() => latest.current.places, [])
  const enter = useCallback((key: string) => latest.current.editing?.onGraph(key), [])
  const own = useRef<CanvasHandle>(null)
  const [setHandle] = useState(() => (handle: CanvasHandle | null) => {
    own.current = handle
    if (typeof ref === 'function') ref(handle)
    else if (ref) ref.current = handle
  })
  const { far, small, follow } = useViewport({
    ref: setHandle,
    getPlaces,
    getGraphs,
    active,
    enter,
    firstZoom: firstView.zoom,
  })
  const wheel = usePreferences((now) => now.wheel)
  const wires = useConnecting(scene, editing)
  const chosen = editing?.selectedNodes
  const picture = useMemo<Picture>(() => {
    const marked = new Set(chosen ?? (selected ? [selected] : []))
    return { graphs, statuses, selected: marked }
  }, [graphs, statuses, chosen, selected])
  const pointer = usePointer({
    editing,
    scene,
    far,
    positions: places,
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

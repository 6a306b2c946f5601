import { applyNodeChanges, type EdgeChange, type NodeChange } from '@xyflow/react'
import { useCallback, useMemo, useRef, useState } from 'react'
import type { NodeTypes } from '~/model/nodeType'
import type { Position, WorkflowDocument } from '~/model/workflow'
import type { CanvasEditing, CanvasScene } from './context'
import { type FlowEdge, FlowMapper, type FlowNode, type ProblemCount } from './toFlow'
import { useDragging } from './useDragging'
import { between, startOfGlide, useGlide } from './useGlide'

interface FlowSource {
  document: WorkflowDocument
  types: NodeTypes
  selected: string | null
  editing: CanvasEditing | null
  scene: CanvasScene
}

const NO_PROBLEMS: ReadonlyMap<string, ProblemCount> = new Map()

/** On the grid, most reports of the pointer move nothing. */
function stands(nodes: readonly FlowNode[], changes: readonly NodeChange<FlowNode>[]): boolean {
  const moves = new Map(
    changes.flatMap((change) => (change.type === 'position' ? [[change.id, change]] : [])),
  )
  return nodes.every((node) => {
    const move = moves.get(node.id)
    if (!move) return true
    const { position = node.position, dragging } = move
    const same = position.x === node.position.x && position.y === node.position.y
    return same && (dragging ?? false) === (node.dragging ?? false)
  })
}

interface Local {
  of: { nodes: FlowNode[] }
  nodes: FlowNode[]
  glide: ReadonlyMap<string, { x: number; y: number }> | null
}

/** Nodes and edges for React Flow. A drag moves them here only; the document hears of it when it ends. */
export function useFlow({ document, types, selected, editing, scene }: FlowSource) {
  const mapper = useRef(new FlowMapper())
  const chosenNodes = editing?.selectedNodes
  const chosenEdges = editing?.selectedEdges
  const problems = editing?.problems ?? NO_PROBLEMS
  const renaming = editing?.renaming ?? null
  const readOnly = editing === null
  const mapped = useMemo(
    () =>
      mapper.current.map({
        document,
        types,
        problems,
        selectedNodes: new Set(chosenNodes ?? (selected === null ? [] : [selected])),
        selectedEdges: new Set(chosenEdges),
        renaming,
        readOnly,
      }),
    [document, types, problems, chosenNodes, chosenEdges, selected, renaming, readOnly],
  )
  const [local, setLocal] = useState<Local>({ of: mapped, nodes: mapped.nodes, glide: null })
  if (local.of !== mapped) {
    const glide = startOfGlide(local.nodes, mapped.nodes)
    setLocal({ of: mapped, nodes: glide ? between(mapped.nodes, glide, 0) : mapped.nodes, glide })
  }
  useGlide(local.glide, (part) =>
    setLocal((now) =>
      now.glide
        ? {
            of: now.of,
            nodes: part < 1 ? between(now.of.nodes, now.glide, part) : now.of.nodes,
            glide: part < 1 ? now.glide : null,
          }
        : now,
    ),
  )
  const drag = useDragging(scene)
  const nodes = local.of === mapped ? local.nodes : mapped.nodes
  /** Where cards stand now: the drag of React Flow knows nothing of grid and guides. */
  const standing = useRef(nodes)
  standing.current = nodes

  const onNodesChange = useCallback(
    (changes: NodeChange<FlowNode>[]) => {
      const moves = drag.settle(changes.filter((change) => change.type === 'position'))
      if (moves.length > 0 && !stands(standing.current, moves)) {
        standing.current = applyNodeChanges(moves, standing.current)
        const moved = standing.current
        setLocal((now) => ({ of: now.of, nodes: moved, glide: null }))
      }
      const selects = changes.filter((change) => change.type === 'select')
      if (selects.length > 0) editing?.onSelectNodes(selects)
    },
    [editing, drag],
  )
  const onEdgesChange = useCallback(
    (changes: EdgeChange<FlowEdge>[]) => {
      const selects = changes.filter((change) => change.type === 'select')
      if (selects.length > 0) editing?.onSelectEdges(selects)
    },
    [editing],
  )
  const settle = useCallback(
    (dragged: readonly FlowNode[]) => {
      const ids = new Set(dragged.map((node) => node.id))
      const moved = standing.current.filter((node) => ids.has(node.id))
      const places = moved.map((node): [string, Position] => [node.id, [node.position.x, node.position.y]])
      editing?.onMove(Object.fromEntries(places), drag.end(moved))
    },
    [editing, drag],
  )
  const onNodeDragStop = useCallback(
    (_: unknown, __: unknown, dragged: FlowNode[]) => settle(dragged),
    [settle],
  )
  const onSelectionDragStop = useCallback((_: unknown, dragged: FlowNode[]) => settle(dragged), [settle])
  return {
    positions: mapped.positions,
    handlers: {
      nodes,
      edges: mapped.edges,
      onNodesChange,
      onEdgesChange,
      onNodeDrag: drag.onNodeDrag,
      onNodeDragStop,
      onSelectionDragStop,
    },
  }
}

import { applyNodeChanges, type EdgeChange, type NodeChange } from '@xyflow/react'
import { useCallback, useMemo, useRef, useState } from 'react'
import { keyOf } from '~/model/frames'
import type { NodeTypes } from '~/model/nodeType'
import { groupId } from '~/model/notes'
import type { Position, WorkflowDocument } from '~/model/workflow'
import type { CanvasEditing, CanvasScene, SelectChange } from './context'
import { type CanvasNode, type FlowEdge, FlowMapper, isCard, type ProblemCount } from './toFlow'
import { useDragging } from './useDragging'
import { between, startOfGlide, useGlide } from './useGlide'

interface FlowSource {
  document: WorkflowDocument
  types: NodeTypes
  selected: string | null
  editing: CanvasEditing | null
  scene: CanvasScene
  /** Containers that are open in place, and the graph that is worked in. */
  open: ReadonlySet<string>
  active: string
}

const NO_PROBLEMS: ReadonlyMap<string, ProblemCount> = new Map()

/** On the grid, most reports of the pointer move nothing. */
function stands(nodes: readonly CanvasNode[], changes: readonly NodeChange<CanvasNode>[]): boolean {
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

/** What is inside of a frame goes where the frame goes. */
function goingAlong(
  moves: readonly NodeChange<CanvasNode>[],
  nodes: readonly CanvasNode[],
): NodeChange<CanvasNode>[] {
  return moves.flatMap((move) => {
    if (move.type !== 'position' || !move.position) return []
    const frame = nodes.find(({ id }) => id === move.id)
    if (frame?.type !== 'container') return []
    const [dx, dy] = [move.position.x - frame.position.x, move.position.y - frame.position.y]
    return nodes.flatMap((node): NodeChange<CanvasNode>[] => {
      if (!`${keyOf(node.id)}/`.startsWith(`${frame.id}/`)) return []
      const position = { x: node.position.x + dx, y: node.position.y + dy }
      return [{ type: 'position', id: node.id, position }]
    })
  })
}

interface Local {
  of: { nodes: CanvasNode[] }
  nodes: CanvasNode[]
  glide: ReadonlyMap<string, { x: number; y: number }> | null
}

/** Nodes and edges for React Flow. A drag moves them here only; the document hears of it when it ends. */
export function useFlow({ document, types, selected, editing, scene, open, active }: FlowSource) {
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
        open,
        active,
      }),
    [document, types, problems, chosenNodes, chosenEdges, selected, renaming, readOnly, open, active],
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
    (changes: NodeChange<CanvasNode>[]) => {
      const sizes = changes.filter((change) => change.type === 'dimensions' && change.resizing !== undefined)
      const places = changes.filter((change) => change.type === 'position')
      // A note that is given another size keeps to the pointer.
      const moves = sizes.length > 0 ? [...places, ...sizes] : drag.settle(places)
      if (moves.length > 0 && (sizes.length > 0 || !stands(standing.current, moves))) {
        standing.current = applyNodeChanges(
          [...moves, ...goingAlong(moves, standing.current)],
          standing.current,
        )
        const moved = standing.current
        setLocal((now) => ({ of: now.of, nodes: moved, glide: null }))
      }
      // A frame is chosen by its nodes.
      const selects = changes.filter((change) => change.type === 'select' && groupId(change.id) === null)
      if (selects.length > 0) editing?.onSelectNodes(selects as SelectChange[])
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
    (dragged: readonly CanvasNode[]) => {
      const ids = new Set(dragged.map((node) => node.id))
      const moved = standing.current.filter((node) => ids.has(node.id) && groupId(node.id) === null)
      const places = moved.map((node): [string, Position] => [node.id, [node.position.x, node.position.y]])
      editing?.onMove(Object.fromEntries(places), drag.end(moved.filter(isCard)))
    },
    [editing, drag],
  )
  const onNodeDragStop = useCallback(
    (_: unknown, __: unknown, dragged: CanvasNode[]) => settle(dragged),
    [settle],
  )
  const onSelectionDragStop = useCallback((_: unknown, dragged: CanvasNode[]) => settle(dragged), [settle])
  return {
    graphs: mapped.graphs,
    places: mapped.places,
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

import { applyNodeChanges, type EdgeChange, type NodeChange } from '@xyflow/react'
import { useCallback, useMemo, useRef, useState } from 'react'
import { snap } from '~/model/edits'
import type { NodeTypes } from '~/model/nodeType'
import type { Position, WorkflowDocument } from '~/model/workflow'
import type { CanvasEditing } from './context'
import { type FlowEdge, FlowMapper, type FlowNode, type ProblemCount } from './toFlow'

interface FlowSource {
  document: WorkflowDocument
  types: NodeTypes
  selected: string | null
  editing: CanvasEditing | null
}

const NO_PROBLEMS: ReadonlyMap<string, ProblemCount> = new Map()

/** Nodes and edges for React Flow. A drag moves them here only; the document hears of it when it ends. */
export function useFlow({ document, types, selected, editing }: FlowSource) {
  const mapper = useRef(new FlowMapper())
  const chosenNodes = editing?.selectedNodes
  const chosenEdges = editing?.selectedEdges
  const problems = editing?.problems ?? NO_PROBLEMS
  const readOnly = editing === null
  const mapped = useMemo(
    () =>
      mapper.current.map({
        document,
        types,
        problems,
        selectedNodes: new Set(chosenNodes ?? (selected === null ? [] : [selected])),
        selectedEdges: new Set(chosenEdges),
        readOnly,
      }),
    [document, types, problems, chosenNodes, chosenEdges, selected, readOnly],
  )
  const [local, setLocal] = useState({ of: mapped, nodes: mapped.nodes })
  if (local.of !== mapped) setLocal({ of: mapped, nodes: mapped.nodes })

  const onNodesChange = useCallback(
    (changes: NodeChange<FlowNode>[]) => {
      const moves = changes.filter((change) => change.type === 'position')
      if (moves.length > 0) setLocal((now) => ({ ...now, nodes: applyNodeChanges(moves, now.nodes) }))
      const selects = changes.filter((change) => change.type === 'select')
      if (selects.length > 0) editing?.onSelectNodes(selects)
    },
    [editing],
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
      const places = dragged.map((node): [string, Position] => [
        node.id,
        [snap(node.position.x), snap(node.position.y)],
      ])
      editing?.onMove(Object.fromEntries(places))
    },
    [editing],
  )
  const onDragStop = useCallback((_: unknown, __: unknown, dragged: FlowNode[]) => settle(dragged), [settle])
  const onSelectionDragStop = useCallback((_: unknown, dragged: FlowNode[]) => settle(dragged), [settle])
  const nodes = local.of === mapped ? local.nodes : mapped.nodes
  return {
    nodes,
    edges: mapped.edges,
    positions: mapped.positions,
    onNodesChange,
    onEdgesChange,
    onDragStop,
    onSelectionDragStop,
  }
}

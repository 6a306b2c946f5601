/**
 * What `make bench-web` measures the editor against: the same graph in React Flow alone, as its documentation shows it.
 *
 * Sizes and handles are given, only what is visible is rendered, the node is memoised, dragging goes through
 * `applyNodeChanges`. No minimap, no background, no theme, no server but the file of the graph. Never in the wheel.
 */

import '@xyflow/react/dist/style.css'
import {
  applyNodeChanges,
  type Edge,
  getNodesBounds,
  getViewportForBounds,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from '@xyflow/react'
import { memo, useCallback, useState } from 'react'
import { createRoot } from 'react-dom/client'

interface Graph {
  nodes: string[]
  edges: [string, string][]
  layout: Record<string, [number, number]>
}

const [WIDTH, HEIGHT] = [208, 64]
type Card = Node<{ title: string }, 'card'>

const CardNode = memo(({ data }: NodeProps<Card>) => (
  <div
    style={{
      width: WIDTH,
      height: HEIGHT,
      border: '1px solid #cdd3dc',
      borderRadius: 10,
      background: '#fff',
    }}
  >
    <Handle type="target" position={Position.Left} />
    <strong>{data.title}</strong>
    <div>value</div>
    <Handle type="source" position={Position.Right} />
  </div>
))
const kinds = { card: CardNode }

function Page({ graph }: { graph: Graph }) {
  const [nodes, setNodes] = useState<Card[]>(() =>
    graph.nodes.map((id) => {
      const [x, y] = graph.layout[id] ?? [0, 0]
      const port = { y: HEIGHT / 2, width: 1, height: 1 }
      return {
        id,
        type: 'card',
        position: { x, y },
        data: { title: id },
        width: WIDTH,
        height: HEIGHT,
        handles: [
          { ...port, type: 'target', position: Position.Left, x: 0 },
          { ...port, type: 'source', position: Position.Right, x: WIDTH },
        ],
      }
    }),
  )
  const [view] = useState(() =>
    getViewportForBounds(getNodesBounds(nodes), window.innerWidth, window.innerHeight, 0.02, 1, 0.05),
  )
  const [edges] = useState<Edge[]>(() =>
    graph.edges.map(([source, target]) => ({
      id: `${source} ${target}`,
      source,
      target,
      type: 'smoothstep',
    })),
  )
  const onNodesChange = useCallback(
    (changes: Parameters<typeof applyNodeChanges<Card>>[0]) =>
      setNodes((now) => applyNodeChanges(changes, now)),
    [],
  )
  return (
    <div style={{ position: 'fixed', inset: 0 }}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={kinds}
        onNodesChange={onNodesChange}
        onlyRenderVisibleElements
        defaultViewport={view}
        minZoom={0.02}
      />
    </div>
  )
}

const graph: Graph = await fetch(`graph.json${location.search}`).then((answer) => answer.json())
const root = document.getElementById('root')
if (root) createRoot(root).render(<Page graph={graph} />)

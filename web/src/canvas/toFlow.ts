/** Maps the document to React Flow. Unchanged nodes and edges keep their identity, so only what changed renders. */

import type { Edge as FlowEdgeOf, Node as FlowNodeOf } from '@xyflow/react'
import { words } from '~/i18n'
import { bodyNodes, isContainer } from '~/model/bodies'
import { edgeIndex, type IndexedEdge } from '~/model/edgeIndex'
import { ERROR_OUTLET, formatEdge } from '~/model/edges'
import { positionsOf } from '~/model/layout'
import { findType, type NodeType, type NodeTypes } from '~/model/nodeType'
import { undoLinks, undoneBy, undoOf } from '~/model/undo'
import { nodeTitle, type Position, typeId, type WorkflowDocument, type WorkflowNode } from '~/model/workflow'
import { handlesOf, NODE_HEIGHT, NODE_WIDTH, type Ports, portsOf, UNDO_HANDLE } from './geometry'
import { type GroupFlowNode, type NoteFlowNode, NotesMapper } from './notesToFlow'
import { subtitleOf } from './summary'

export interface ProblemCount {
  errors: number
  warnings: number
  /** The first message, for the hover text. */
  first: string
}

export interface NodeData extends Record<string, unknown> {
  title: string
  subtitle: string
  type: string
  nodeType: NodeType | null
  disabled: boolean
  maximumAttempts: number | null
  ports: Ports
  errorWired: boolean
  problems: ProblemCount | null
  /** Nodes inside of a container, null for what is none. */
  inside: number | null
  /** What undoes it exists. */
  undone: boolean
  /** The title of the node that it undoes. */
  undoes: string | null
  /** Its title is being written on the card. */
  renaming: boolean
}

export interface EdgeData extends Record<string, unknown> {
  outlet: string
  port: string
}

export type FlowNode = FlowNodeOf<NodeData, 'workflow'>
/** Whatever stands on the canvas. */
export type CanvasNode = FlowNode | NoteFlowNode | GroupFlowNode
export const isCard = (node: CanvasNode): node is FlowNode => node.type === 'workflow'
export type FlowEdge = FlowEdgeOf<EdgeData, 'workflow' | 'undo'>

interface NodeSource {
  node: WorkflowNode
  type: NodeType | null
  x: number
  y: number
  wires: string
  problems: ProblemCount | null
  selected: boolean
  undoes: string | null
  renaming: boolean
}

export interface FlowInput {
  document: WorkflowDocument
  types: NodeTypes
  problems: ReadonlyMap<string, ProblemCount>
  selectedNodes: ReadonlySet<string>
  selectedEdges: ReadonlySet<string>
  renaming: string | null
  readOnly: boolean
}

export interface Flow {
  nodes: CanvasNode[]
  edges: FlowEdge[]
  positions: Record<string, Position>
}

/** One mapper a canvas: it remembers what it made last. */
export class FlowMapper {
  private nodes = new Map<string, { source: NodeSource; made: FlowNode }>()
  private edges = new Map<string, FlowEdge>()
  private beneath = new NotesMapper()

  map(input: FlowInput): Flow {
    const positions = positionsOf(input.document)
    const index = edgeIndex(input.document.edges)
    const undone = undoneBy(input.document.nodes)
    const nodes = Object.entries(input.document.nodes).map(([id, node]) =>
      this.node(
        id,
        node,
        input,
        positions[id] ?? [0, 0],
        undone.get(id),
        index.incoming.get(id),
        index.outgoing.get(id),
      ),
    )
    if (this.nodes.size > nodes.length) {
      for (const id of this.nodes.keys()) if (!(id in input.document.nodes)) this.nodes.delete(id)
    }
    const { document, selectedNodes: selected, renaming: writing, readOnly } = input
    const beneath = this.beneath.map({ document, positions, selected, writing, readOnly })
    return {
      nodes: beneath.length > 0 ? [...beneath, ...nodes] : nodes,
      edges: this.mapEdges(input),
      positions,
    }
  }

  private node(
    id: string,
    node: WorkflowNode,
    input: FlowInput,
    [x, y]: Position,
    undoes: string | undefined,
    incoming: readonly IndexedEdge[] = [],
    outgoing: readonly IndexedEdge[] = [],
  ): FlowNode {
    const source: NodeSource = {
      node,
      type: findType(input.types, node.type),
      x,
      y,
      wires: `${incoming.map((edge) => edge.port).join()}|${outgoing.map((edge) => edge.outlet).join()}|${input.readOnly}`,
      problems: input.problems.get(id) ?? null,
      selected: input.selectedNodes.has(id),
      undoes: undoes === undefined ? null : nodeTitle(undoes, input.document.nodes[undoes]),
      renaming: input.renaming === id,
    }
    const undone = (undoOf(node) ?? '') in input.document.nodes
    const known = this.nodes.get(id)
    if (known && known.made.data.undone === undone && sameSource(known.source, source)) return known.made
    const ports = portsOf(
      source.type,
      node.config,
      unique(incoming.map((edge) => edge.port)),
      unique(outgoing.map((edge) => edge.outlet)),
    )
    const made: FlowNode = {
      id,
      type: 'workflow',
      position: { x, y },
      width: NODE_WIDTH,
      height: NODE_HEIGHT,
      measured: { width: NODE_WIDTH, height: NODE_HEIGHT },
      handles: handlesOf(ports, { undone, undoes: source.undoes !== null }),
      selected: source.selected,
      ariaLabel: source.undoes
        ? `${nodeTitle(id, node)}, ${words.editor.wire.undoes(source.undoes)}`
        : nodeTitle(id, node),
      data: {
        title: nodeTitle(id, node),
        subtitle: subtitleOf(node, source.type),
        type: typeId(node.type),
        nodeType: source.type,
        disabled: node.disabled ?? false,
        maximumAttempts: attemptsOf(node),
        ports,
        errorWired: outgoing.some((edge) => edge.outlet === ERROR_OUTLET),
        problems: source.problems,
        inside: isContainer(input.types, node) ? Object.keys(bodyNodes(node.body)).length : null,
        undone,
        undoes: source.undoes,
        renaming: source.renaming,
      },
    }
    this.nodes.set(id, { source, made })
    return made
  }

  private mapEdges(input: FlowInput): FlowEdge[] {
    const next = new Map<string, FlowEdge>()
    for (const [source, list] of edgeIndex(input.document.edges).outgoing) {
      for (const edge of list) {
        // React Flow warns about wires to nowhere; the problems panel names them.
        if (!(source in input.document.nodes) || !(edge.target in input.document.nodes)) continue
        const id = formatEdge(edge)
        const selected = input.selectedEdges.has(input.document.edges[edge.index] ?? id)
        const known = this.edges.get(id)
        next.set(id, known && known.selected === selected ? known : makeEdge(id, edge, selected))
      }
    }
    for (const { node, undo } of undoLinks(input.document.nodes)) {
      const id = `${node} undo ${undo}`
      next.set(id, this.edges.get(id) ?? makeUndoWire(id, node, undo))
    }
    this.edges = next
    return [...next.values()]
  }
}

function makeEdge(id: string, edge: IndexedEdge, selected: boolean): FlowEdge {
  return {
    id,
    type: 'workflow',
    source: edge.source,
    sourceHandle: edge.outlet,
    target: edge.target,
    targetHandle: edge.port,
    selected,
    data: { outlet: edge.outlet, port: edge.port },
  }
}

/** No edge of the document: it shows a setting of its source, and is changed there. */
function makeUndoWire(id: string, node: string, undo: string): FlowEdge {
  return {
    id,
    type: 'undo',
    source: node,
    sourceHandle: UNDO_HANDLE,
    target: undo,
    targetHandle: UNDO_HANDLE,
    selectable: false,
    deletable: false,
    focusable: false,
  }
}

function sameSource(left: NodeSource, right: NodeSource): boolean {
  return (Object.keys(left) as (keyof NodeSource)[]).every((key) => left[key] === right[key])
}

const unique = (names: string[]): string[] => [...new Set(names)]

function attemptsOf(node: WorkflowNode): number | null {
  const attempts = node.policy?.retry?.maximum_attempts
  return typeof attempts === 'number' ? attempts : null
}

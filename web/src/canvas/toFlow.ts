/** Maps the document to React Flow. Unchanged nodes and edges keep their identity, so only what changed renders. */

import type { Edge as FlowEdgeOf, Node as FlowNodeOf } from '@xyflow/react'
import { words } from '~/i18n'
import { bodyNodes, isContainer } from '~/model/bodies'
import { edgeIndex, type IndexedEdge } from '~/model/edgeIndex'
import { ERROR_OUTLET, formatEdge } from '~/model/edges'
import { join, type OpenGraph, openGraphs, placesOf } from '~/model/frames'
import { findType, type NodeType, type NodeTypes } from '~/model/nodeType'
import { undoLinks, undoneBy, undoOf } from '~/model/undo'
import { nodeTitle, type Position, typeId, type WorkflowDocument, type WorkflowNode } from '~/model/workflow'
import { CARD, handlesOf, type Ports, portsOf, UNDO_HANDLE } from './geometry'
import { FRAME_HANDLE, type GroupFlowNode, layerOf, type NoteFlowNode, NotesMapper } from './notesToFlow'
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
  /** Of an open container: it is the graph that is worked in. Null for a card. */
  frame: { active: boolean } | null
}

export interface EdgeData extends Record<string, unknown> {
  outlet: string
  port: string
}

/** A card, or the frame of a container that is open in place. */
export type FlowNode = FlowNodeOf<NodeData, 'workflow' | 'container'>
/** Whatever stands on the canvas. */
export type CanvasNode = FlowNode | NoteFlowNode | GroupFlowNode
export const isCard = (node: CanvasNode): node is FlowNode =>
  node.type === 'workflow' || node.type === 'container'
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
  /** Width and height of its frame, and whether it is worked in; empty for a card. */
  frame: string
}

export interface FlowInput {
  document: WorkflowDocument
  types: NodeTypes
  problems: ReadonlyMap<string, ProblemCount>
  selectedNodes: ReadonlySet<string>
  selectedEdges: ReadonlySet<string>
  renaming: string | null
  readOnly: boolean
  /** Containers that are open in place, by their names on the canvas. */
  open: ReadonlySet<string>
  /** The graph that is worked in. */
  active: string
}

export interface Flow {
  nodes: CanvasNode[]
  edges: FlowEdge[]
  graphs: readonly OpenGraph[]
  /** Where everything stands on the canvas, by its name there. */
  places: Readonly<Record<string, Position>>
}

/** One mapper a canvas: it remembers what it made last. Outer graphs come before those in their frames. */
export class FlowMapper {
  private mappers = new Map<string, GraphMapper>()

  map(input: FlowInput): Flow {
    const graphs = openGraphs(input.document, input.open, input.types)
    const parts = graphs.map((graph) => {
      const mapper = this.mappers.get(graph.key) ?? new GraphMapper()
      this.mappers.set(graph.key, mapper)
      return mapper.map(input, graph)
    })
    for (const key of this.mappers.keys()) {
      if (!graphs.some((graph) => graph.key === key)) this.mappers.delete(key)
    }
    return {
      nodes: parts.flatMap((part) => part.nodes),
      edges: parts.flatMap((part) => part.edges),
      graphs,
      places: placesOf(graphs),
    }
  }
}

class GraphMapper {
  private nodes = new Map<string, { source: NodeSource; made: FlowNode }>()
  private edges = new Map<string, FlowEdge>()
  private beneath = new NotesMapper()

  map(input: FlowInput, graph: OpenGraph): { nodes: CanvasNode[]; edges: FlowEdge[] } {
    const { document } = graph
    const index = edgeIndex(document.edges)
    const undone = undoneBy(document.nodes)
    const nodes = Object.entries(document.nodes).map(([id, node]) =>
      this.node(id, node, input, graph, undone.get(id), index.incoming.get(id), index.outgoing.get(id)),
    )
    if (this.nodes.size > nodes.length) {
      for (const id of this.nodes.keys()) if (!(id in document.nodes)) this.nodes.delete(id)
    }
    const { selectedNodes: selected, renaming: writing, readOnly } = input
    const beneath = this.beneath.map({ graph, selected, writing, readOnly })
    return {
      nodes: beneath.length > 0 ? [...beneath, ...nodes] : nodes,
      edges: this.mapEdges(input, graph),
    }
  }

  private node(
    id: string,
    node: WorkflowNode,
    input: FlowInput,
    graph: OpenGraph,
    undoes: string | undefined,
    incoming: readonly IndexedEdge[] = [],
    outgoing: readonly IndexedEdge[] = [],
  ): FlowNode {
    const [x, y] = graph.places[id] ?? [0, 0]
    const name = join(graph.key, id)
    const size = graph.sizes.get(id)
    const active = size !== undefined && name === input.active
    const source: NodeSource = {
      node,
      type: findType(input.types, node.type),
      x,
      y,
      wires: `${incoming.map((edge) => edge.port).join()}|${outgoing.map((edge) => edge.outlet).join()}|${input.readOnly}`,
      problems: input.problems.get(name) ?? null,
      selected: input.selectedNodes.has(name),
      undoes: undoes === undefined ? null : nodeTitle(undoes, graph.document.nodes[undoes]),
      renaming: input.renaming === name,
      frame: size ? `${size.width} ${size.height} ${active}` : '',
    }
    const undone = (undoOf(node) ?? '') in graph.document.nodes
    const known = this.nodes.get(id)
    if (known && known.made.data.undone === undone && sameSource(known.source, source)) return known.made
    const ports = portsOf(
      source.type,
      node.config,
      unique(incoming.map((edge) => edge.port)),
      unique(outgoing.map((edge) => edge.outlet)),
    )
    const { width, height } = size ?? CARD
    const made: FlowNode = {
      id: name,
      type: size ? 'container' : 'workflow',
      position: { x, y },
      width,
      height,
      measured: { width, height },
      handles: handlesOf(ports, { undone, undoes: source.undoes !== null }, { width, height }),
      ...(graph.depth > 0 ? { zIndex: layerOf(graph.depth) } : {}),
      // What lies on the ground of a frame is the graph inside, not the frame.
      ...(size ? { dragHandle: `.${FRAME_HANDLE}`, style: { pointerEvents: 'none' } } : {}),
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
        frame: size ? { active } : null,
      },
    }
    this.nodes.set(id, { source, made })
    return made
  }

  private mapEdges(input: FlowInput, { document, key, depth }: OpenGraph): FlowEdge[] {
    const next = new Map<string, FlowEdge>()
    // Above the ground of the frame.
    const raised = (edge: FlowEdge): FlowEdge => (depth > 0 ? { ...edge, zIndex: layerOf(depth) } : edge)
    for (const [source, list] of edgeIndex(document.edges).outgoing) {
      for (const edge of list) {
        // React Flow warns about wires to nowhere; the problems panel names them.
        if (!(source in document.nodes) || !(edge.target in document.nodes)) continue
        const id = join(key, formatEdge(edge))
        const selected = input.selectedEdges.has(join(key, document.edges[edge.index] ?? formatEdge(edge)))
        const known = this.edges.get(id)
        next.set(id, known && known.selected === selected ? known : raised(makeEdge(id, edge, key, selected)))
      }
    }
    for (const { node, undo } of undoLinks(document.nodes)) {
      const id = `${join(key, node)} undo ${undo}`
      next.set(id, this.edges.get(id) ?? raised(makeUndoWire(id, join(key, node), join(key, undo))))
    }
    this.edges = next
    return [...next.values()]
  }
}

function makeEdge(id: string, edge: IndexedEdge, key: string, selected: boolean): FlowEdge {
  return {
    id,
    type: 'workflow',
    source: join(key, edge.source),
    sourceHandle: edge.outlet,
    target: join(key, edge.target),
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

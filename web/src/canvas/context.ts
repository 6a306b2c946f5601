import { createContext, type ReactNode, useContext } from 'react'
import type { Edge } from '~/model/edges'
import type { OpenGraph } from '~/model/frames'
import type { NodeTypes } from '~/model/nodeType'
import type { Position } from '~/model/workflow'
import type { RunStatusStore } from '~/runs/state'
import type { DragStore } from './dragging'
import type { ProblemCount } from './toFlow'

export interface SelectChange {
  id: string
  selected: boolean
}

export type MenuTarget =
  | { kind: 'node'; id: string }
  | { kind: 'edge'; id: string }
  | { kind: 'note'; id: string }
  | { kind: 'group'; id: string }
  | { kind: 'selection' }
  | { kind: 'pane' }

/** Where a new node is wanted, and what it is wired to. */
export interface AddRequest {
  /** Upper left corner of the card. */
  at: Position
  from?: { node: string; outlet: string }
  to?: { node: string; port: string }
  into?: Edge
}

/**
 * What a canvas tells the editor. Without it the canvas only shows.
 *
 * Names and places are those of the graph that is worked in; a canvas with containers open in place says with
 * `onGraph` which one that is before it tells of anything in it (`inGraphs.ts`).
 */
export interface CanvasEditing {
  selectedNodes: readonly string[]
  selectedEdges: readonly string[]
  /** By names on the canvas. */
  problems: ReadonlyMap<string, ProblemCount>
  /** The node whose title is being written on its card, or the key of the note or group that is being written. */
  renaming: string | null
  /** This is the graph that is worked in from now on. */
  onGraph(key: string): void
  /** Exactly this node, or nothing. */
  onSelectOnly(id: string | null): void
  onSelectNodes(changes: readonly SelectChange[]): void
  onSelectEdges(changes: readonly SelectChange[]): void
  /** A double click on a card. */
  onOpen(id: string): void
  /** With `into`, the one moved node is put into that edge. */
  onMove(positions: Record<string, Position>, into?: Edge): void
  onConnect(edge: Edge): void
  onReconnect(from: Edge, to: Edge): void
  onDropType(type: string, at: Position, into?: Edge): void
  onQuickAdd(request: AddRequest): void
  /** The title of a node is to be written on its card; null: no longer. */
  onRenaming(id: string | null): void
  onTitle(id: string, title: string): void
  onNoteText(id: string, text: string): void
  onNoteSize(id: string, at: Position, size: Position): void
  onGroupTitle(id: string, title: string): void
  /** All nodes of a group. */
  onSelectGroup(id: string): void
  onMenu(target: MenuTarget, client: { x: number; y: number }): void
}

/** What cards and wires need of their canvas; stable while one draws, so that nothing renders for it. */
export interface CanvasScene {
  /** Status of the nodes of each graph on the canvas that there is one for. */
  statuses: ReadonlyMap<string, RunStatusStore>
  types: NodeTypes
  readOnly: boolean
  dragging: DragStore
  /** The graphs on the canvas, outer before inner. */
  getGraphs(): readonly OpenGraph[]
  getPlace(id: string): Position | undefined
  /** Open or close a container in place. Null where the canvas cannot. */
  onFold: ((id: string) => void) | null
  /** What else stands in the title of a frame. */
  head: ((id: string) => ReactNode) | null
  /** Null where the canvas only shows. */
  getEditing(): CanvasEditing | null
}

export const CanvasContext = createContext<CanvasScene | null>(null)

export function useScene(): CanvasScene {
  const scene = useContext(CanvasContext)
  if (!scene) throw new Error('Canvas parts are used outside a Canvas.')
  return scene
}

/** Containers that are open in place, and what is shown of a run in them. */
export interface CanvasFrames {
  /** By their names on the canvas. */
  open: ReadonlySet<string>
  /** The graph that is worked in; nothing is by default: the one that fills the canvas. */
  active?: string
  onFold(id: string): void
  statuses?: ReadonlyMap<string, RunStatusStore>
  /** What else stands in the title of a frame, such as the choice of an item. */
  head?(id: string): ReactNode
}

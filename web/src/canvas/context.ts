import { createContext, useContext } from 'react'
import type { Edge } from '~/model/edges'
import type { NodeTypes } from '~/model/nodeType'
import type { Position, WorkflowDocument } from '~/model/workflow'
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

/** What a canvas tells the editor. Without it the canvas only shows. */
export interface CanvasEditing {
  selectedNodes: readonly string[]
  selectedEdges: readonly string[]
  problems: ReadonlyMap<string, ProblemCount>
  /** The node whose title is being written on its card, or the key of the note or group that is being written. */
  renaming: string | null
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
  status: RunStatusStore | null
  types: NodeTypes
  readOnly: boolean
  dragging: DragStore
  getDocument(): WorkflowDocument
  getPlace(id: string): Position | undefined
  /** Null where the canvas only shows. */
  getEditing(): CanvasEditing | null
}

export const CanvasContext = createContext<CanvasScene | null>(null)

export function useScene(): CanvasScene {
  const scene = useContext(CanvasContext)
  if (!scene) throw new Error('Canvas parts are used outside a Canvas.')
  return scene
}

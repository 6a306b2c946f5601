import { createContext, useContext } from 'react'
import type { Edge } from '~/model/edges'
import type { NodeTypes } from '~/model/nodeType'
import type { Position, WorkflowDocument } from '~/model/workflow'
import type { RunStatusStore } from '~/runs/state'
import type { ProblemCount } from './toFlow'

export interface SelectChange {
  id: string
  selected: boolean
}

export type MenuTarget = { kind: 'node'; id: string } | { kind: 'edge'; id: string } | { kind: 'pane' }

/** What a canvas tells the editor. Without it the canvas only shows. */
export interface CanvasEditing {
  selectedNodes: readonly string[]
  selectedEdges: readonly string[]
  problems: ReadonlyMap<string, ProblemCount>
  /** Exactly this node, or nothing. */
  onSelectOnly(id: string | null): void
  onSelectNodes(changes: readonly SelectChange[]): void
  onSelectEdges(changes: readonly SelectChange[]): void
  /** A double click on a card. */
  onOpen(id: string): void
  onMove(positions: Record<string, Position>): void
  onConnect(edge: Edge): void
  onDropType(type: string, at: Position): void
  onQuickAdd(request: { at: Position; from?: { node: string; outlet: string }; into?: Edge }): void
  onMenu(target: MenuTarget, client: { x: number; y: number }): void
}

/** What cards and wires need of their canvas; stable while one draws, so that nothing renders for it. */
export interface CanvasScene {
  status: RunStatusStore | null
  types: NodeTypes
  readOnly: boolean
  getDocument(): WorkflowDocument
  onInsert(edge: Edge, at: Position): void
}

export const CanvasContext = createContext<CanvasScene | null>(null)

export function useScene(): CanvasScene {
  const scene = useContext(CanvasContext)
  if (!scene) throw new Error('Canvas parts are used outside a Canvas.')
  return scene
}

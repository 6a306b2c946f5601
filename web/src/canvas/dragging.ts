/** What a drag on the canvas is about to do; outside of React, so that a move renders only what it concerns. */

import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Guide } from '~/model/arrange'

export interface Dragging {
  /** Text of the edge that what is dragged would be put into. */
  edge: string | null
  /** Lines that the dragged cards are drawn to. */
  guides: readonly Guide[]
}

export type DragStore = StoreApi<Dragging>

const NOTHING: Dragging = { edge: null, guides: [] }

export const createDragStore = (): DragStore => createStore(() => NOTHING)

export function aimAt(store: DragStore, edge: string | null): void {
  if (store.getState().edge !== edge) store.setState({ edge })
}

export function showGuides(store: DragStore, guides: readonly Guide[]): void {
  if (guides.length > 0 || store.getState().guides.length > 0) store.setState({ guides })
}

export const endDragging = (store: DragStore): void => store.setState(NOTHING)

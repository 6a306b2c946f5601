import { useMemo } from 'react'
import { useStore } from 'zustand'
import { useShallow } from 'zustand/react/shallow'
import type { AddRequest, CanvasEditing, MenuTarget, SelectChange } from '~/canvas/context'
import { isContainer } from '~/model/bodies'
import type { Edge } from '~/model/edges'
import type { Position } from '~/model/workflow'
import { addNode } from './actions/addNode'
import { enterBody } from './actions/bodies'
import { connect, reconnect } from './actions/connect'
import { editTitle } from './actions/editNode'
import { enterGraph } from './actions/frames'
import { moveInto, moveNodes } from './actions/moveNodes'
import { resizeNote, selectGroup, setGroupTitle, setNoteText } from './actions/notes'
import { openNode } from './actions/openNode'
import { setPanels } from './actions/panels'
import { selectItems } from './actions/select'
import { openQuickAdd } from './actions/view'
import { countOnCanvas, problemsOf } from './problems'
import { useEditor, useEditorHandle } from './store'

function applied(now: readonly string[], changes: readonly SelectChange[]): readonly string[] {
  const next = new Set(now)
  for (const { id, selected } of changes) {
    if (selected) next.add(id)
    else next.delete(id)
  }
  return next.size === now.length && now.every((id) => next.has(id)) ? now : [...next]
}

/** What the canvas tells the store, and the little it needs of it. */
export function useCanvasEditing(
  onMenu: (target: MenuTarget, client: { x: number; y: number }) => void,
): CanvasEditing {
  const { store, dispatch } = useEditorHandle()
  const { selection } = useStore(
    store,
    useShallow((state) => ({ selection: state.selection })),
  )
  const problems = useEditor(problemsOf)
  const renaming = useEditor((state) => state.panels.renaming)
  const nodes = useEditor((state) => state.root.nodes)
  const edges = useEditor((state) => state.root.edges)
  const canvas = useEditor((state) => state.canvas)
  const frames = useEditor((state) => state.frames)
  // biome-ignore lint/correctness/useExhaustiveDependencies: problems belong to nodes by these two alone.
  const counts = useMemo(
    () => countOnCanvas(store.getState(), problems),
    [store, problems, nodes, edges, canvas, frames],
  )

  const told = useMemo(
    () => ({
      onGraph: (key: string) =>
        dispatch(enterGraph, [...store.getState().canvas, ...(key === '' ? [] : key.split('/'))]),
      onSelectOnly: (id: string | null) =>
        dispatch(selectItems, { nodes: id === null ? [] : [id], edges: [] }),
      onSelectNodes: (changes: readonly SelectChange[]) => {
        const { nodes: now, edges: kept } = store.getState().selection
        const next = applied(now, changes)
        if (next !== now) dispatch(selectItems, { nodes: next, edges: kept })
      },
      onSelectEdges: (changes: readonly SelectChange[]) => {
        const { nodes: kept, edges: now } = store.getState().selection
        const next = applied(now, changes)
        if (next !== now) dispatch(selectItems, { nodes: kept, edges: next })
      },
      onOpen: (id: string) => {
        const { document, types } = store.getState()
        if (isContainer(types, document.nodes[id])) dispatch(enterBody, id)
        else dispatch(openNode)
      },
      onMove: (positions: Record<string, Position>, edge?: Edge) => {
        const [moved] = Object.entries(positions)
        if (edge && moved) dispatch(moveInto, { id: moved[0], at: moved[1], edge })
        else dispatch(moveNodes, positions)
      },
      onConnect: (edge: Edge) => dispatch(connect, edge),
      onReconnect: (from: Edge, to: Edge) => dispatch(reconnect, { from, to }),
      onDropType: (type: string, at: Position, into?: Edge) => dispatch(addNode, { type, at, into }),
      onQuickAdd: (request: AddRequest) => dispatch(openQuickAdd, request),
      onRenaming: (id: string | null) => dispatch(setPanels, { renaming: id }),
      onTitle: (id: string, title: string) => dispatch(editTitle, { id, title }),
      onNoteText: (id: string, text: string) => dispatch(setNoteText, { id, text }),
      onNoteSize: (id: string, at: Position, size: Position) => dispatch(resizeNote, { id, at, size }),
      onGroupTitle: (id: string, title: string) => dispatch(setGroupTitle, { id, title }),
      onSelectGroup: (id: string) => dispatch(selectGroup, id),
      onMenu,
    }),
    [store, dispatch, onMenu],
  )
  return useMemo(
    () => ({
      ...told,
      selectedNodes: selection.nodes,
      selectedEdges: selection.edges,
      problems: counts,
      renaming,
    }),
    [told, selection, counts, renaming],
  )
}

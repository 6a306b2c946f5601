import { useMemo } from 'react'
import { useStore } from 'zustand'
import { useShallow } from 'zustand/react/shallow'
import type { CanvasEditing, MenuTarget, SelectChange } from '~/canvas/context'
import { isContainer } from '~/model/bodies'
import { addNode } from './actions/addNode'
import { enterBody } from './actions/bodies'
import { connect } from './actions/connect'
import { moveNodes } from './actions/moveNodes'
import { openNode } from './actions/openNode'
import { selectItems } from './actions/select'
import { openQuickAdd } from './actions/view'
import { countByNode, graphProblemsOf } from './problems'
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
  const problems = useEditor(graphProblemsOf)
  const nodes = useEditor((state) => state.document.nodes)
  const edges = useEditor((state) => state.document.edges)
  // biome-ignore lint/correctness/useExhaustiveDependencies: problems belong to nodes by these two alone.
  const counts = useMemo(
    () => countByNode(store.getState().document, problems),
    [store, problems, nodes, edges],
  )

  const told = useMemo(
    () => ({
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
      onMove: (positions: Parameters<CanvasEditing['onMove']>[0]) => dispatch(moveNodes, positions),
      onConnect: (edge: Parameters<CanvasEditing['onConnect']>[0]) => dispatch(connect, edge),
      onDropType: (type: string, at: readonly [number, number]) => dispatch(addNode, { type, at }),
      onQuickAdd: (request: Parameters<CanvasEditing['onQuickAdd']>[0]) => dispatch(openQuickAdd, request),
      onMenu,
    }),
    [store, dispatch, onMenu],
  )
  return useMemo(
    () => ({ ...told, selectedNodes: selection.nodes, selectedEdges: selection.edges, problems: counts }),
    [told, selection, counts],
  )
}

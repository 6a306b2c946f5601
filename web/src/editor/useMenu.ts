import { type RefObject, useCallback, useEffect, useState } from 'react'
import type { MenuTarget } from '~/canvas/context'
import { NODE_HEIGHT, NODE_WIDTH } from '~/canvas/geometry'
import type { CanvasHandle } from '~/canvas/viewport'
import { parseEdge } from '~/model/edges'
import { positionsOf } from '~/model/layout'
import { groupId, movables, noteId } from '~/model/notes'
import { selectGroup } from './actions/notes'
import { selectItems } from './actions/select'
import type { MenuState } from './CanvasMenu'
import type { EditorState } from './state'
import { useEditorHandle } from './store'

/** What the menu key is about, and where on the canvas that is; null for the canvas as a whole. */
function chosenPlace(state: EditorState): { target: MenuTarget; at: readonly [number, number] | null } {
  const { nodes, edges } = state.selection
  const places = movables(state.document, positionsOf(state.document))
  const id = nodes.at(-1)
  const place = id === undefined ? undefined : places[id]
  if (id !== undefined && place) {
    const at = [place[0] + NODE_WIDTH / 2, place[1] + NODE_HEIGHT] as const
    const kind = noteId(id) === null ? 'node' : 'note'
    return { target: nodes.length > 1 ? { kind: 'selection' } : { kind, id }, at }
  }
  const text = edges[0]
  const edge = text === undefined ? null : parseEdge(text)
  const [from, to] = [places[edge?.source ?? ''], places[edge?.target ?? '']]
  if (text !== undefined && from && to) {
    const at = [(from[0] + NODE_WIDTH + to[0]) / 2, (from[1] + to[1] + NODE_HEIGHT) / 2] as const
    return { target: { kind: 'edge', id: text }, at }
  }
  return { target: { kind: 'pane' }, at: null }
}

/** The menu of the canvas: opened with the pointer on a thing, or with a key for what is chosen. */
export function useMenu(canvas: RefObject<CanvasHandle | null>) {
  const { store, dispatch } = useEditorHandle()
  const [menu, setMenu] = useState<MenuState | null>(null)

  const onMenu = useCallback(
    (target: MenuTarget, client: { x: number; y: number }) => {
      const { selection } = store.getState()
      const one = target.kind === 'node' || target.kind === 'note'
      const among = one && selection.nodes.includes(target.id)
      // A menu on what is not chosen is about that alone.
      if (one && !among) dispatch(selectItems, { nodes: [target.id], edges: [] })
      const framed = target.kind === 'group' ? groupId(target.id) : null
      if (framed !== null) dispatch(selectGroup, framed)
      if (target.kind === 'edge') dispatch(selectItems, { nodes: [], edges: [target.id] })
      const many: MenuTarget = among && selection.nodes.length > 1 ? { kind: 'selection' } : target
      setMenu({ target: many, ...client, keys: false })
    },
    [store, dispatch],
  )
  const openMenu = useCallback(() => {
    const frame = document.querySelector('[data-canvas]')?.getBoundingClientRect()
    if (!frame) return
    const { target, at } = chosenPlace(store.getState())
    const wish = (at && canvas.current?.toScreen(at)) ?? {
      x: frame.left + frame.width / 2,
      y: frame.top + frame.height / 2,
    }
    const within = (value: number, from: number, to: number) => Math.max(from + 8, Math.min(value, to - 8))
    setMenu({
      target,
      x: within(wish.x, frame.left, frame.right),
      y: within(wish.y, frame.top, frame.bottom),
      keys: true,
    })
  }, [store, canvas])
  const closeMenu = useCallback(() => setMenu(null), [])
  useEffect(() => {
    // The browser makes an event of its own of the menu key, at the corner of what has the focus.
    const own = (event: MouseEvent) => {
      // A long touch has a kind of pointer, and Ctrl with a click is the right button of a Mac.
      const touched = event instanceof PointerEvent && event.pointerType !== ''
      const byKey = event.button !== 2 && !event.ctrlKey && !touched
      if (byKey && event.target instanceof Element && event.target.closest('[data-canvas]')) {
        event.preventDefault()
        event.stopPropagation()
      }
    }
    window.addEventListener('contextmenu', own, { capture: true })
    return () => window.removeEventListener('contextmenu', own, { capture: true })
  }, [])
  return { menu, onMenu, openMenu, closeMenu }
}

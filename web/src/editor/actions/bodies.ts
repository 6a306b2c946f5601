import { IconArrowBarToDown, IconArrowBarUp } from '@tabler/icons-react'
import { words } from '~/i18n'
import { type BodyPath, isContainer, openBody } from '~/model/bodies'
import type { Action } from '../action'
import { type EditorState, NOTHING, select, soleNode, withPanels } from '../state'

/** The same object for the same path, so that nothing renders for it. */
export const samePath = (now: BodyPath, next: BodyPath): BodyPath =>
  now.length === next.length && now.every((name, index) => name === next[index]) ? now : next

/** @param canvas the graph fills the canvas from now on. */
function at(state: EditorState, path: BodyPath, canvas: boolean): EditorState {
  const next = samePath(state.path, path)
  if (next === state.path && (!canvas || samePath(state.canvas, path) === state.canvas)) return state
  const document = openBody(state.root, next)
  const left = { ...state, path: next, document, selection: NOTHING, focus: null }
  return withPanels(canvas ? { ...left, canvas: next } : left, { quickAdd: null })
}

/** Fill the canvas with what is inside of a container. */
export const enterBody: Action<string> = {
  id: 'body.enter',
  label: words.bodies.open,
  undoable: false,
  perform: (state, id) => at(state, [...state.path, id], true),
}

/** Work in the graph so many containers down, on the canvas that it is on, else on its own; the one that was left is chosen. */
export const goToBody: Action<number> = {
  id: 'body.go',
  label: words.bodies.close,
  undoable: false,
  perform(state, depth) {
    const left = state.path[depth]
    const next = at(state, state.path.slice(0, depth), depth < state.canvas.length)
    return left === undefined ? next : select(next, [left])
  },
}

export const openContainer: Action = {
  id: 'body.open',
  label: words.bodies.open,
  icon: IconArrowBarToDown,
  shortcuts: ['alt+arrowdown'],
  listed: true,
  undoable: false,
  enabled: (state) => isContainer(state.types, state.document.nodes[soleNode(state) ?? '']),
  perform: (state) => enterBody.perform(state, soleNode(state) ?? ''),
}

export const leaveBody: Action = {
  id: 'body.leave',
  label: words.bodies.close,
  icon: IconArrowBarUp,
  shortcuts: ['alt+arrowup'],
  listed: true,
  undoable: false,
  enabled: (state) => state.path.length > 0,
  perform: (state) => goToBody.perform(state, state.path.length - 1),
}

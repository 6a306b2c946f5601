import { IconArrowBarToDown, IconArrowBarUp } from '@tabler/icons-react'
import { words } from '~/i18n'
import { type BodyPath, isContainer, openBody } from '~/model/bodies'
import type { Action } from '../action'
import { type EditorState, NOTHING, select, soleNode, withPanels } from '../state'

/** The same object for the same path, so that nothing renders for it. */
export const samePath = (now: BodyPath, next: BodyPath): BodyPath =>
  now.length === next.length && now.every((name, index) => name === next[index]) ? now : next

function at(state: EditorState, path: BodyPath): EditorState {
  const next = samePath(state.path, path)
  if (next === state.path) return state
  const document = openBody(state.root, next)
  return withPanels({ ...state, path: next, document, selection: NOTHING, focus: null }, { quickAdd: null })
}

/** Show what is inside of a container of the open graph. */
export const enterBody: Action<string> = {
  id: 'body.enter',
  label: words.bodies.open,
  undoable: false,
  perform: (state, id) => at(state, [...state.path, id]),
}

/** Show the graph so many containers down; the one that was left is chosen. */
export const goToBody: Action<number> = {
  id: 'body.go',
  label: words.bodies.close,
  undoable: false,
  perform(state, depth) {
    const left = state.path[depth]
    const next = at(state, state.path.slice(0, depth))
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

import { words } from '~/i18n'
import { moveNodes as move } from '~/model/edits'
import { positionsOf, withPlaces } from '~/model/layout'
import type { Position } from '~/model/workflow'
import type { Action } from '../action'

export const moveNodes: Action<Record<string, Position>> = {
  id: 'nodes.move',
  label: words.editor.actions.move,
  undoable: true,
  describe: (positions) => words.editor.actions.moveCount(Object.keys(positions).length),
  perform: (state, positions) => {
    // A computed layout is written down with the first move, or the others would jump.
    return { ...state, document: move(withPlaces(state.document), positions) }
  },
}

const STEP = 8

/** Ctrl+arrows push the chosen nodes by a grid step. */
function nudge(name: string, key: string, dx: number, dy: number): Action {
  return {
    id: `nodes.nudge.${key}`,
    label: name,
    shortcuts: [`mod+${key}`],
    undoable: true,
    enabled: (state) => state.selection.nodes.length > 0,
    perform(state) {
      const layout = positionsOf(state.document)
      const moved = state.selection.nodes.flatMap((id) => {
        const place = layout[id]
        return place ? [[id, [place[0] + dx, place[1] + dy]] as const] : []
      })
      return moveNodes.perform(state, Object.fromEntries(moved))
    },
  }
}

export const nudges: readonly Action[] = [
  nudge(words.editor.actions.nudge, 'arrowleft', -STEP, 0),
  nudge(words.editor.actions.nudge, 'arrowright', STEP, 0),
  nudge(words.editor.actions.nudge, 'arrowup', 0, -STEP),
  nudge(words.editor.actions.nudge, 'arrowdown', 0, STEP),
]

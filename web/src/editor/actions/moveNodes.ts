import { words } from '~/i18n'
import { roomBetween } from '~/model/arrange'
import type { Edge } from '~/model/edges'
import { moveNodes as move } from '~/model/edits'
import { positionsOf, withPlaces } from '~/model/layout'
import { movables } from '~/model/notes'
import { nodeTitle, type Position } from '~/model/workflow'
import type { Action } from '../action'
import type { EditorState } from '../state'
import { putInto } from './addNode'

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

interface MoveInto {
  id: string
  at: Position
  edge: Edge
}

/** Drop a node on a wire: it stands in the wire from then on. Where it does not fit it only moves. */
export const moveInto: Action<MoveInto> = {
  id: 'nodes.moveInto',
  label: words.editor.actions.move,
  undoable: true,
  describe: ({ id }, state) => words.canvas.actions.insertMoved(nodeTitle(id, state.document.nodes[id])),
  perform(state, { id, at, edge }) {
    const placed = withPlaces(state.document)
    const wired = putInto(placed, state, edge, id)
    if (!wired) return { ...state, document: move(placed, { [id]: at }) }
    const room = roomBetween(placed, positionsOf(placed), edge, at)
    return { ...state, document: move(wired, { ...room.moved, [id]: room.at }) }
  },
}

const STEP = 8
const FAR = 64

/** Arrows with Ctrl push the chosen nodes by a grid step, with Shift by eight. */
function nudge(name: string, keys: string, dx: number, dy: number): Action {
  return {
    id: `nodes.nudge.${keys}`,
    label: name,
    shortcuts: [keys],
    undoable: true,
    enabled: (state: EditorState) => state.selection.nodes.length > 0,
    perform(state) {
      const layout = movables(state.document, positionsOf(state.document))
      const moved = state.selection.nodes.flatMap((id) => {
        const place = layout[id]
        return place ? [[id, [place[0] + dx, place[1] + dy]] as const] : []
      })
      return moveNodes.perform(state, Object.fromEntries(moved))
    },
  }
}

const everyWay = (name: string, held: string, step: number): Action[] => [
  nudge(name, `${held}+arrowleft`, -step, 0),
  nudge(name, `${held}+arrowright`, step, 0),
  nudge(name, `${held}+arrowup`, 0, -step),
  nudge(name, `${held}+arrowdown`, 0, step),
]

export const nudges: readonly Action[] = [
  ...everyWay(words.editor.actions.nudge, 'mod', STEP),
  ...everyWay(words.canvas.actions.nudgeFar, 'mod+shift', FAR),
]

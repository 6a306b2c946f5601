import {
  IconLayoutAlignBottom,
  IconLayoutAlignCenter,
  IconLayoutAlignLeft,
  IconLayoutAlignMiddle,
  IconLayoutAlignRight,
  IconLayoutAlignTop,
  IconLayoutDistributeHorizontal,
  IconLayoutDistributeVertical,
} from '@tabler/icons-react'
import { words } from '~/i18n'
import { type Alignment, type Axis, align, distribute, type Places } from '~/model/arrange'
import { moveNodes } from '~/model/edits'
import { positionsOf, withPlaces } from '~/model/layout'
import { movables } from '~/model/notes'
import type { Position } from '~/model/workflow'
import type { Action } from '../action'
import type { EditorState } from '../state'

const t = words.canvas.actions

/** Places of the chosen nodes. */
export function chosenPlaces(state: EditorState): Record<string, Position> {
  const positions = movables(state.document, positionsOf(state.document))
  return Object.fromEntries(
    state.selection.nodes.flatMap((id) => (positions[id] ? [[id, positions[id]] as const] : [])),
  )
}

function arrange(
  id: string,
  label: string,
  icon: Action['icon'],
  least: number,
  move: (places: Places) => Record<string, Position>,
): Action {
  return {
    id: `arrange.${id}`,
    label,
    icon,
    listed: true,
    undoable: true,
    enabled: (state) => state.selection.nodes.length >= least,
    perform: (state) => ({
      ...state,
      document: moveNodes(withPlaces(state.document), move(chosenPlaces(state))),
    }),
  }
}

const alignment = (to: Alignment, label: string, icon: Action['icon']) =>
  arrange(to, label, icon, 2, (places) => align(places, to))
const distribution = (along: Axis, label: string, icon: Action['icon']) =>
  arrange(`distribute.${along}`, label, icon, 3, (places) => distribute(places, along))

export const alignments: readonly Action[] = [
  alignment('left', t.alignLeft, IconLayoutAlignLeft),
  alignment('centre', t.alignCentre, IconLayoutAlignCenter),
  alignment('right', t.alignRight, IconLayoutAlignRight),
  alignment('top', t.alignTop, IconLayoutAlignTop),
  alignment('middle', t.alignMiddle, IconLayoutAlignMiddle),
  alignment('bottom', t.alignBottom, IconLayoutAlignBottom),
]

export const distributions: readonly Action[] = [
  distribution('x', t.distributeColumns, IconLayoutDistributeVertical),
  distribution('y', t.distributeRows, IconLayoutDistributeHorizontal),
]

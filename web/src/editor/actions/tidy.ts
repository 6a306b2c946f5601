import { IconLayoutGrid, IconSitemap } from '@tabler/icons-react'
import { words } from '~/i18n'
import { anchored } from '~/model/arrange'
import { moveNodes } from '~/model/edits'
import { layoutGraph, positionsOf, withPlaces } from '~/model/layout'
import { undoneBy } from '~/model/undo'
import type { Position } from '~/model/workflow'
import type { Action } from '../action'
import type { EditorState } from '../state'
import { chosenNodes } from './notes'

/** The chosen nodes when there are several, else all. */
export const toTidy = (state: EditorState): readonly string[] =>
  chosenNodes(state).length > 1 ? chosenNodes(state) : Object.keys(state.document.nodes)

/** Several nodes stay where they were as a whole, so that they do not run into the others. */
function placed(state: EditorState, positions: Record<string, Position>): EditorState {
  const all = positionsOf(state.document)
  const known = Object.entries(positions).filter(([id]) => id in state.document.nodes)
  const now = Object.fromEntries(known.map(([id]) => [id, all[id] ?? ([0, 0] as const)]))
  const whole = known.length === Object.keys(state.document.nodes).length
  const next = whole ? Object.fromEntries(known) : anchored(Object.fromEntries(known), now)
  return { ...state, document: moveNodes(withPlaces(state.document), next) }
}

const several = (state: EditorState) => Object.keys(state.document.nodes).length > 1
const whole = (state: EditorState) => chosenNodes(state).length < 2

/** At once, by the layout of our own. */
export const tidy: Action = {
  id: 'layout.tidy',
  label: words.editor.actions.tidy,
  icon: IconLayoutGrid,
  shortcuts: ['shift+alt+t'],
  listed: true,
  undoable: true,
  enabled: several,
  perform(state) {
    const { document } = state
    return placed(state, layoutGraph(toTidy(state), document.edges, undoneBy(document.nodes)))
  },
  effect: ({ services, before }) => {
    if (whole(before)) services.fit()
  },
}

const place: Action<{ positions: Record<string, Position>; fit: boolean }> = {
  id: 'layout.place',
  label: words.editor.actions.tidy,
  undoable: true,
  perform: (state, { positions }) => placed(state, positions),
  effect: ({ services, args }) => {
    if (args.fit) services.fit()
  },
}

/** Slower, in a worker of its own: the fewest crossings. One may go on editing meanwhile. */
export const tidyBest: Action = {
  id: 'layout.tidyBest',
  label: words.canvas.actions.tidyBest,
  icon: IconSitemap,
  shortcuts: ['mod+shift+alt+t'],
  listed: true,
  undoable: false,
  edits: true,
  enabled: several,
  perform: (state) => state,
  async effect({ services, before, dispatch }) {
    const positions = await services.arrange(before, toTidy(before))
    if (positions) dispatch(place, { positions, fit: whole(before) })
  },
}

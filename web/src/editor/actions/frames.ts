import { IconArrowsDiagonal } from '@tabler/icons-react'
import { words } from '~/i18n'
import { type BodyPath, isContainer, openBody } from '~/model/bodies'
import type { Action } from '../action'
import { type EditorState, NOTHING, select, soleNode, withPanels } from '../state'

const placeOf = (path: BodyPath): string => path.join('/')

/** Work in another graph of the canvas; nothing is chosen there yet. */
export const enterGraph: Action<BodyPath> = {
  id: 'body.work',
  label: words.bodies.open,
  undoable: false,
  perform(state, path) {
    if (placeOf(path) === placeOf(state.path)) return state
    const document = openBody(state.root, path)
    return withPanels({ ...state, path, document, selection: NOTHING, focus: null }, { quickAdd: null })
  },
}

/** Open a container in place, or close it; a graph inside that was worked in is left for the one around. */
export const foldFrame: Action<BodyPath> = {
  id: 'body.frame',
  label: words.bodies.fold,
  undoable: false,
  perform(state, path) {
    const place = placeOf(path)
    const frames = new Set(state.frames)
    if (!frames.delete(place)) frames.add(place)
    const next = { ...state, frames }
    const within = !frames.has(place) && placeOf(state.path.slice(0, path.length)) === place
    const container = path.at(-1)
    if (!within || container === undefined) return next
    return select(enterGraph.perform(next, path.slice(0, -1)), [container])
  },
}

/** The same for the chosen container, or for the frame that is worked in when nothing is chosen. */
export const fold: Action = {
  id: 'body.fold',
  label: words.bodies.fold,
  icon: IconArrowsDiagonal,
  shortcuts: ['o'],
  listed: true,
  undoable: false,
  enabled: (state) => foldable(state) !== null,
  perform(state) {
    const path = foldable(state)
    return path === null ? state : foldFrame.perform(state, path)
  },
}

function foldable(state: EditorState): BodyPath | null {
  const node = soleNode(state)
  if (node !== null && isContainer(state.types, state.document.nodes[node])) return [...state.path, node]
  const nothing = state.selection.nodes.length + state.selection.edges.length === 0
  return nothing && state.path.length > state.canvas.length ? state.path : null
}

/** The frames around a graph opened, where it lies in the graph on the canvas: so one sees it without leaving that. */
export function unfolded(state: EditorState, path: BodyPath): ReadonlySet<string> {
  const inside = state.canvas.every((name, depth) => path[depth] === name)
  const closed = path
    .map((_, depth) => placeOf(path.slice(0, depth + 1)))
    .slice(state.canvas.length)
    .filter((place) => !state.frames.has(place))
  return inside && closed.length > 0 ? new Set([...state.frames, ...closed]) : state.frames
}

/** The graph that fills the canvas, such that the one that is worked in is on it. */
export function canvasFor({ canvas, path, frames }: EditorState): BodyPath {
  const inside = canvas.length <= path.length && canvas.every((name, depth) => path[depth] === name)
  const open = path.every(
    (_, depth) => depth < canvas.length || frames.has(placeOf(path.slice(0, depth + 1))),
  )
  return inside && open ? canvas : path
}

/** What is open stays so when a container, or one around it, gets another id. */
export function framesRenamed(state: EditorState, id: string, newId: string): ReadonlySet<string> {
  const [before, after] = [placeOf([...state.path, id]), placeOf([...state.path, newId])]
  const within = (place: string) => place === before || place.startsWith(`${before}/`)
  if (![...state.frames].some(within)) return state.frames
  return new Set(
    [...state.frames].map((place) => (within(place) ? after + place.slice(before.length) : place)),
  )
}

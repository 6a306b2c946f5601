/** A canvas shows several graphs while containers are open in place; the editor works in one of them at a time. */

import { graphAt, join, keyOf, type OpenGraph, ownEdge, ownOf, toGraph } from '~/model/frames'
import type { Position } from '~/model/workflow'
import type { AddRequest, CanvasEditing, MenuTarget, SelectChange } from './context'
import { NODE_HEIGHT, NODE_WIDTH } from './geometry'

const depthOf = (key: string): number => (key === '' ? 0 : key.split('/').length)

/** The graph that a selection is in from now on: one only, the outermost of those that have something in it. */
function chosenGraph(changes: readonly SelectChange[], kept: string | null): string | null {
  const keys = changes.filter(({ selected }) => selected).map(({ id }) => keyOf(id))
  if (keys.length === 0) return null
  const all = kept === null ? keys : [kept, ...keys]
  return all.reduce((best, key) => (depthOf(key) < depthOf(best) ? key : best))
}

/** Changes of a selection, in words of the graph that it is in from now on. */
function told(
  editing: CanvasEditing,
  active: string,
  changes: readonly SelectChange[],
  now: readonly string[],
): SelectChange[] {
  const gone = new Set(changes.filter(({ selected }) => !selected).map(({ id }) => id))
  const kept = now.some((own) => !gone.has(join(active, own))) ? active : null
  const key = chosenGraph(changes, kept) ?? active
  editing.onGraph(key)
  return changes
    .filter(({ id }) => keyOf(id) === key)
    .map(({ id, selected }) => ({ id: ownOf(id), selected }))
}

interface Canvas {
  editing: CanvasEditing
  /** The graph that is worked in. */
  active: string
  getGraphs(): readonly OpenGraph[]
}

/** The editing of all graphs of a canvas, with names and places of the canvas. */
export function inGraphs({ editing, active, getGraphs }: Canvas): CanvasEditing {
  const graph = (key: string) => getGraphs().find((one) => one.key === key)
  const placed = (key: string, at: Position, of?: string): Position => {
    const one = graph(key)
    return one ? toGraph(one, at, of) : at
  }
  /** The graph of a name, that of the pointer for what has none; it is worked in from now on. */
  const enter = (name: string | undefined, at?: Position): string => {
    const middle: Position = at ? [at[0] + NODE_WIDTH / 2, at[1] + NODE_HEIGHT / 2] : [0, 0]
    const key = name === undefined ? (graphAt(getGraphs(), middle)?.key ?? '') : keyOf(name)
    editing.onGraph(key)
    return key
  }
  const own = (name: string): string => {
    enter(name)
    return ownOf(name)
  }
  return {
    ...editing,
    selectedNodes:
      active === '' ? editing.selectedNodes : editing.selectedNodes.map((id) => join(active, id)),
    selectedEdges:
      active === '' ? editing.selectedEdges : editing.selectedEdges.map((id) => join(active, id)),
    renaming: editing.renaming === null ? null : join(active, editing.renaming),
    onSelectOnly: (id) => editing.onSelectOnly(id === null ? null : own(id)),
    onSelectNodes: (changes) => editing.onSelectNodes(told(editing, active, changes, editing.selectedNodes)),
    onSelectEdges: (changes) => editing.onSelectEdges(told(editing, active, changes, editing.selectedEdges)),
    onOpen: (id) => editing.onOpen(own(id)),
    onMove(positions, into) {
      const [first] = Object.keys(positions)
      if (first === undefined) return
      const key = enter(first)
      const moved = Object.entries(positions).filter(([name]) => keyOf(name) === key)
      const places = moved.map(([name, at]) => [ownOf(name), placed(key, at, ownOf(name))])
      editing.onMove(Object.fromEntries(places), into && ownEdge(into))
    },
    onConnect(edge) {
      enter(edge.source)
      editing.onConnect(ownEdge(edge))
    },
    onReconnect(from, to) {
      enter(from.source)
      editing.onReconnect(ownEdge(from), ownEdge(to))
    },
    onDropType(type, at, into) {
      const key = enter(into?.source, at)
      editing.onDropType(type, placed(key, at), into && ownEdge(into))
    },
    onQuickAdd(request) {
      const { at, from, to, into } = request
      const key = enter(from?.node ?? to?.node ?? into?.source, at)
      const asked: AddRequest = { at: placed(key, at) }
      if (from) asked.from = { ...from, node: ownOf(from.node) }
      if (to) asked.to = { ...to, node: ownOf(to.node) }
      if (into) asked.into = ownEdge(into)
      editing.onQuickAdd(asked)
    },
    onRenaming: (id) => editing.onRenaming(id === null ? null : own(id)),
    onTitle: (id, title) => editing.onTitle(own(id), title),
    onNoteText: (id, text) => editing.onNoteText(own(id), text),
    onNoteSize: (id, at, size) => editing.onNoteSize(own(id), placed(keyOf(id), at), size),
    onGroupTitle: (id, title) => editing.onGroupTitle(own(id), title),
    onSelectGroup: (id) => editing.onSelectGroup(own(id)),
    onMenu: (target, client) => editing.onMenu(ownTarget(target, own), client),
  }
}

function ownTarget(target: MenuTarget, own: (name: string) => string): MenuTarget {
  return 'id' in target ? { ...target, id: own(target.id) } : target
}

/** Copied nodes: what goes along with them, and how they are put into a workflow. Their text: `fragmentText.ts`. */

import { parseEdge, parseEdges } from './edges'
import { connect, freshId } from './edits'
import type { Json } from './json'
import { positionsOf } from './layout'
import {
  addGroup,
  addNote,
  editGroup,
  editNote,
  freeId,
  type Group,
  groupsOf,
  type Note,
  noteKey,
  notesOf,
} from './notes'
import { followed, renameInExpressions } from './rename'
import { undoOf, withUndo } from './undo'
import type { Position, WorkflowDocument, WorkflowNode } from './workflow'

export interface Fragment {
  nodes: Record<string, WorkflowNode>
  edges: string[]
  layout: Record<string, Position>
  notes: Record<string, Note>
  groups: Record<string, Group>
}

/** The chosen nodes and notes, with the edges and the groups that are wholly among them. */
export function fragmentOf(document: WorkflowDocument, ids: readonly string[]): Fragment {
  const chosen = ids.filter((id) => id in document.nodes)
  const set = new Set(chosen)
  const positions = positionsOf(document)
  return {
    nodes: Object.fromEntries(chosen.flatMap((id) => (document.nodes[id] ? [[id, document.nodes[id]]] : []))),
    edges: document.edges.filter((text) => {
      const edge = parseEdge(text)
      return edge !== null && set.has(edge.source) && set.has(edge.target)
    }),
    layout: {
      ...Object.fromEntries(chosen.map((id): [string, Position] => [id, positions[id] ?? [0, 0]])),
      ...insidesOf(document.layout, set),
    },
    notes: {
      ...only(notesOf(document), (id) => ids.includes(noteKey(id))),
      ...insidesOf(notesOf(document), set),
    },
    groups: {
      ...only(groupsOf(document), (_, { nodes }) => nodes.length > 0 && nodes.every((id) => set.has(id))),
      ...insidesOf(groupsOf(document), set),
    },
  }
}

/** What is kept for the inside of containers, `container/node`. */
const insides = <T>(kept: Readonly<Record<string, T>> = {}): [string, T][] =>
  Object.entries(kept).filter(([key]) => key.includes('/'))

const insidesOf = <T>(kept: Readonly<Record<string, T>> | undefined, containers: ReadonlySet<string>) =>
  Object.fromEntries(insides(kept).filter(([key]) => containers.has(key.split('/')[0] ?? '')))

const only = <T>(kept: Readonly<Record<string, T>>, wanted: (id: string, value: T) => boolean) =>
  Object.fromEntries(Object.entries(kept).filter(([id, value]) => !id.includes('/') && wanted(id, value)))

export interface Pasted {
  document: WorkflowDocument
  ids: string[]
}

/** Paste with fresh ids; edges and expressions between the pasted nodes follow. `offset` is in px. */
export function pasteFragment(
  document: WorkflowDocument,
  fragment: Fragment,
  offset: Position,
  /** Names that are used elsewhere in the workflow. */
  used: ReadonlySet<string> = new Set(),
): Pasted {
  const names = new Map<string, string>()
  const taken = new Set([...used, ...Object.keys(document.nodes)])
  for (const id of Object.keys(fragment.nodes)) {
    const name = freshId(taken, id)
    taken.add(name)
    names.set(id, name)
  }
  const follow = (text: string) => renameTogether(text, names)
  const nodes = { ...document.nodes }
  const layout = { ...document.layout }
  const { nodes: copied, edges, layout: known } = fragment
  const places = positionsOf({ concertmaster: 1, name: 'clipboard', nodes: copied, edges, layout: known })
  for (const [id, node] of Object.entries(fragment.nodes)) {
    const name = names.get(id) ?? id
    const pasted = followed(node, follow)
    const undo = undoOf(pasted)
    // What undoes the node it was copied from can't undo this one too.
    nodes[name] = undo === null ? pasted : withUndo(pasted, names.get(undo) ?? null)
    const [x, y] = places[id] ?? [0, 0]
    layout[name] = [x + offset[0], y + offset[1]]
  }
  const inside = (key: string) => {
    const [id = '', ...rest] = key.split('/')
    return [names.get(id) ?? id, ...rest].join('/')
  }
  for (const [key, place] of insides(fragment.layout)) layout[inside(key)] = place
  const { document: noted, keys } = pasteNotes({ ...document, nodes, layout }, fragment, offset, names)
  let next: WorkflowDocument = noted
  for (const [kind, kept] of [
    ['notes', insides(fragment.notes)],
    ['groups', insides(fragment.groups)],
  ] as const) {
    if (kept.length === 0) continue
    const more = Object.fromEntries(kept.map(([key, value]) => [inside(key), value]))
    next = { ...next, [kind]: { ...(next[kind] as object | undefined), ...more } as unknown as Json }
  }
  for (const edge of parseEdges(fragment.edges)) {
    const [source, target] = [names.get(edge.source), names.get(edge.target)]
    if (source && target) next = connect(next, { ...edge, source, target })
  }
  return { document: next, ids: [...names.values(), ...keys] }
}

/** Notes and groups with fresh ids; `keys` are those of the notes. */
function pasteNotes(
  document: WorkflowDocument,
  fragment: Fragment,
  [dx, dy]: Position,
  names: ReadonlyMap<string, string>,
): { document: WorkflowDocument; keys: string[] } {
  let next = document
  const keys: string[] = []
  for (const [name, { at, ...note }] of Object.entries(fragment.notes)) {
    if (name.includes('/')) continue
    const id = freeId(next.notes, 'note')
    next = editNote(addNote(next, id, [at[0] + dx, at[1] + dy]), id, note)
    keys.push(noteKey(id))
  }
  for (const [name, { nodes, title, color }] of Object.entries(fragment.groups)) {
    if (name.includes('/')) continue
    const id = freeId(next.groups, 'group')
    const members = nodes.flatMap((node) => names.get(node) ?? [])
    next = editGroup(addGroup(next, id, members, title), id, { color })
  }
  return { document: next, keys }
}

/** All renames at once, through names nobody can have, so that `a → b, b → c` does not run together. */
function renameTogether(text: string, names: ReadonlyMap<string, string>): string {
  let next = text
  const changed = [...names].filter(([from, to]) => from !== to)
  changed.forEach(([from], index) => {
    next = renameInExpressions(next, from, `pasted__${index}__`)
  })
  changed.forEach(([, to], index) => {
    next = renameInExpressions(next, `pasted__${index}__`, to)
  })
  return next
}

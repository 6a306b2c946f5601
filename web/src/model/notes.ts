/**
 * Sticky notes and groups of the canvas. Their ids, like places, begin with `container/` in the body of a container.
 *
 * Among the chosen nodes and their places a note stands under `note:<id>`, which no node can be called.
 */

import { isObject, type Json } from './json'
import type { Bounds } from './layout'
import { boundsOf, NODE_HEIGHT, NODE_WIDTH } from './layout'
import type { Position, WorkflowDocument } from './workflow'

export const COLORS = ['yellow', 'blue', 'green', 'red', 'violet', 'grey'] as const
export type Color = (typeof COLORS)[number]

export interface Note {
  text: string
  at: Position
  size: Position
  color: Color
}

export interface Group {
  title: string
  color: Color
  nodes: readonly string[]
}

export const NOTE_SIZE: Position = [208, 136]
export const LEAST_NOTE: Position = [112, 56]
export const LONGEST_NOTE = 10_000
const NOTE_PREFIX = 'note:'
/** Room between a frame and what is in it; above there is the title, px. */
const MARGIN = 20
const HEAD = 28

export const noteKey = (id: string): string => NOTE_PREFIX + id
/** The id of a note by its key among nodes, null for what is a node. */
export const noteId = (key: string): string | null =>
  key.startsWith(NOTE_PREFIX) ? key.slice(NOTE_PREFIX.length) : null

const GROUP_PREFIX = 'group:'
export const groupKey = (id: string): string => GROUP_PREFIX + id
/** The id of a group by its key on the canvas, null for anything else. */
export const groupId = (key: string): string | null =>
  key.startsWith(GROUP_PREFIX) ? key.slice(GROUP_PREFIX.length) : null

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const pair = (value: unknown): Position | null =>
  Array.isArray(value) && isNumber(value[0]) && isNumber(value[1]) ? [value[0], value[1]] : null
const color = (value: unknown, fallback: Color): Color =>
  COLORS.includes(value as Color) ? (value as Color) : fallback
const entries = (raw: Json | undefined): [string, Record<string, Json>][] =>
  isObject(raw) ? Object.entries(raw).flatMap(([id, one]) => (isObject(one) ? [[id, one]] : [])) : []

const knownNotes = new WeakMap<object, Readonly<Record<string, Note>>>()
const knownGroups = new WeakMap<object, Readonly<Record<string, Group>>>()
const NO_NOTES: Readonly<Record<string, Note>> = {}
const NO_GROUPS: Readonly<Record<string, Group>> = {}

/** The notes of a graph; what is no note is left out (problems name it). One object for one value. */
export function notesOf({ notes }: Pick<WorkflowDocument, 'notes'>): Readonly<Record<string, Note>> {
  if (!isObject(notes)) return NO_NOTES
  const known = knownNotes.get(notes)
  if (known) return known
  const found = Object.fromEntries(
    entries(notes).flatMap(([id, raw]): [string, Note][] => {
      const at = pair(raw.at)
      const size = pair(raw.size) ?? NOTE_SIZE
      const text = typeof raw.text === 'string' ? raw.text : ''
      return at ? [[id, { text, at, size, color: color(raw.color, 'yellow') }]] : []
    }),
  )
  knownNotes.set(notes, found)
  return found
}

/** The groups of a graph, those without nodes too. One object for one value. */
export function groupsOf({ groups }: Pick<WorkflowDocument, 'groups'>): Readonly<Record<string, Group>> {
  if (!isObject(groups)) return NO_GROUPS
  const known = knownGroups.get(groups)
  if (known) return known
  const found = Object.fromEntries(
    entries(groups).map(([id, raw]): [string, Group] => {
      const nodes = Array.isArray(raw.nodes) ? raw.nodes.filter((one) => typeof one === 'string') : []
      const title = typeof raw.title === 'string' ? raw.title : ''
      return [id, { title, color: color(raw.color, 'grey'), nodes }]
    }),
  )
  knownGroups.set(groups, found)
  return found
}

/** The frame around the nodes of a group, null when none of them has a place. `sizes`: of containers that are open. */
export function frameOf(
  group: Group,
  positions: Readonly<Record<string, Position>>,
  sizes?: ReadonlyMap<string, Pick<Bounds, 'width' | 'height'>>,
): Bounds | null {
  const places = group.nodes.flatMap((id) => {
    const at = positions[id]
    if (!at) return []
    const size = sizes?.get(id)
    // A card in the far corner of an open container makes the box as large as that is.
    return size ? [at, [at[0] + size.width - NODE_WIDTH, at[1] + size.height - NODE_HEIGHT] as const] : [at]
  })
  const bounds = boundsOf(places)
  return (
    bounds && {
      x: bounds.x - MARGIN,
      y: bounds.y - MARGIN - HEAD,
      width: bounds.width + 2 * MARGIN,
      height: bounds.height + 2 * MARGIN + HEAD,
    }
  )
}

/** Places of all that can be moved: nodes by their ids, notes by their keys. */
export const movables = (
  document: WorkflowDocument,
  positions: Readonly<Record<string, Position>>,
): Record<string, Position> => ({
  ...positions,
  ...Object.fromEntries(Object.entries(notesOf(document)).map(([id, { at }]) => [noteKey(id), at])),
})

/** An id that no note, or no group, has: `note`, `note_2`. */
export function freeId(taken: Json | undefined, stem: string): string {
  const has = (id: string) => isObject(taken) && id in taken
  let number = 1
  while (has(number === 1 ? stem : `${stem}_${number}`)) number += 1
  return number === 1 ? stem : `${stem}_${number}`
}

type Kind = 'notes' | 'groups'

/** With an entry set, or taken out; a map without entries goes too. */
function withEntry(document: WorkflowDocument, kind: Kind, id: string, value: Json | undefined) {
  const { [id]: _old, ...others } = isObject(document[kind]) ? document[kind] : {}
  const next = value === undefined ? others : { ...(document[kind] as Record<string, Json>), [id]: value }
  if (Object.keys(next).length > 0) return { ...document, [kind]: next }
  const { [kind]: _none, ...rest } = document
  return rest as WorkflowDocument
}

/** A new note with its upper left corner at a place. */
export function addNote(document: WorkflowDocument, id: string, at: Position, text = ''): WorkflowDocument {
  return withEntry(document, 'notes', id, { text, at: [...at], size: [...NOTE_SIZE], color: 'yellow' })
}

/** Change some of a note; what it says else stays as it is written. */
export function editNote(document: WorkflowDocument, id: string, change: Partial<Note>): WorkflowDocument {
  const raw = isObject(document.notes) ? document.notes[id] : undefined
  if (!isObject(raw)) return document
  return withEntry(document, 'notes', id, { ...raw, ...(change as Record<string, Json>) })
}

export function removeNotes(document: WorkflowDocument, ids: readonly string[]): WorkflowDocument {
  return ids.reduce(
    (next, id) => (isObject(next.notes) && id in next.notes ? withEntry(next, 'notes', id, undefined) : next),
    document,
  )
}

/** A group of these nodes; they leave the groups they were in. */
export function addGroup(
  document: WorkflowDocument,
  id: string,
  nodes: readonly string[],
  title = '',
): WorkflowDocument {
  const left = leaveGroups(document, new Set(nodes))
  return withEntry(left, 'groups', id, { title, color: 'grey', nodes: [...nodes] })
}

export function editGroup(
  document: WorkflowDocument,
  id: string,
  change: Partial<Pick<Group, 'title' | 'color'>>,
): WorkflowDocument {
  const raw = isObject(document.groups) ? document.groups[id] : undefined
  if (!isObject(raw)) return document
  return withEntry(document, 'groups', id, { ...raw, ...change })
}

/** Take a group apart; its nodes stay. */
export function removeGroup(document: WorkflowDocument, id: string): WorkflowDocument {
  return isObject(document.groups) && id in document.groups
    ? withEntry(document, 'groups', id, undefined)
    : document
}

/** Without these nodes in any group; a group that has none left goes. */
export function leaveGroups(document: WorkflowDocument, gone: ReadonlySet<string>): WorkflowDocument {
  return Object.entries(groupsOf(document)).reduce((next, [id, group]) => {
    const nodes = group.nodes.filter((node) => !gone.has(node))
    if (nodes.length === group.nodes.length) return next
    const raw = (next.groups as Record<string, Json>)[id]
    const left = nodes.length === 0 ? undefined : { ...(raw as Record<string, Json>), nodes }
    return withEntry(next, 'groups', id, left)
  }, document)
}

/** Groups that have any of these nodes. */
export const groupsWith = (document: WorkflowDocument, nodes: readonly string[]): string[] =>
  Object.entries(groupsOf(document)).flatMap(([id, group]) =>
    group.nodes.some((node) => nodes.includes(node)) ? [id] : [],
  )

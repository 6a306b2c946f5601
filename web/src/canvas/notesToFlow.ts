/** Maps sticky notes and groups to React Flow; what has not changed keeps its identity. */

import type { Node as FlowNodeOf } from '@xyflow/react'
import { words } from '~/i18n'
import { join, type OpenGraph } from '~/model/frames'
import {
  type Color,
  frameOf,
  type Group,
  groupKey,
  groupsOf,
  type Note,
  noteKey,
  notesOf,
} from '~/model/notes'

export interface NoteData extends Record<string, unknown> {
  id: string
  text: string
  color: Color
  /** It is being written. */
  writing: boolean
}

export interface GroupData extends Record<string, unknown> {
  id: string
  title: string
  color: Color
  writing: boolean
}

export type NoteFlowNode = FlowNodeOf<NoteData, 'note'>
export type GroupFlowNode = FlowNodeOf<GroupData, 'frame'>

/** Where the title of a frame is taken hold of. */
export const FRAME_HANDLE = 'cm-frame-handle'
const NO_HANDLES: never[] = []
/** Cards and wires of a graph lie above the ground of its frame; beneath them there are notes, and groups below these. */
export const layerOf = (depth: number): number => 3 * depth

export interface NotesInput {
  graph: OpenGraph
  selected: ReadonlySet<string>
  writing: string | null
  readOnly: boolean
}

interface Made<Of, Source> {
  source: Source
  made: Of
}

interface NoteSource {
  note: Note
  at: string
  selected: boolean
  writing: boolean
  readOnly: boolean
}

interface GroupSource extends Omit<NoteSource, 'note' | 'at'> {
  group: Group
  frame: string
}

/** One mapper a canvas: it remembers what it made last. Frames come first: they lie beneath everything. */
export class NotesMapper {
  private notes = new Map<string, Made<NoteFlowNode, NoteSource>>()
  private groups = new Map<string, Made<GroupFlowNode, GroupSource>>()

  map(input: NotesInput): (NoteFlowNode | GroupFlowNode)[] {
    const groups = Object.entries(groupsOf(input.graph.document)).flatMap(([id, group]) =>
      this.group(id, group, input),
    )
    const notes = Object.entries(notesOf(input.graph.document)).map(([id, note]) =>
      this.note(id, note, input),
    )
    forget(this.groups, groups)
    forget(this.notes, notes)
    return [...groups, ...notes]
  }

  private note(id: string, note: Note, { graph, selected, writing, readOnly }: NotesInput): NoteFlowNode {
    const key = noteKey(join(graph.key, id))
    const [x, y] = graph.places[noteKey(id)] ?? note.at
    const source: NoteSource = {
      note,
      at: `${x} ${y}`,
      selected: selected.has(key),
      writing: writing === key,
      readOnly,
    }
    const known = this.notes.get(key)
    if (known && same(known.source, source)) return known.made
    const [width, height] = note.size
    const made: NoteFlowNode = {
      id: key,
      type: 'note',
      position: { x, y },
      width,
      height,
      measured: { width, height },
      handles: NO_HANDLES,
      zIndex: layerOf(graph.depth) - 1,
      connectable: false,
      selected: source.selected,
      draggable: !readOnly && !source.writing,
      ariaLabel: words.canvas.notes.note,
      data: { id: join(graph.key, id), text: note.text, color: note.color, writing: source.writing },
    }
    this.notes.set(key, { source, made })
    return made
  }

  private group(id: string, group: Group, input: NotesInput): GroupFlowNode[] {
    const frame = frameOf(group, input.graph.places, input.graph.sizes)
    if (!frame) return []
    const key = groupKey(join(input.graph.key, id))
    const { x, y, width, height } = frame
    const source: GroupSource = {
      group,
      frame: `${x} ${y} ${width} ${height}`,
      // A frame goes where all of its nodes go.
      selected: group.nodes.every((node) => input.selected.has(join(input.graph.key, node))),
      writing: input.writing === key,
      readOnly: input.readOnly,
    }
    const known = this.groups.get(key)
    if (known && same(known.source, source)) return [known.made]
    const made: GroupFlowNode = {
      id: key,
      // Not "group", for which React Flow has a look of its own.
      type: 'frame',
      position: { x, y },
      width,
      height,
      measured: { width, height },
      handles: NO_HANDLES,
      zIndex: layerOf(input.graph.depth) - 2,
      connectable: false,
      selectable: false,
      selected: source.selected,
      draggable: !input.readOnly && !source.writing,
      dragHandle: `.${FRAME_HANDLE}`,
      style: { pointerEvents: 'none' },
      ariaLabel: words.canvas.notes.groupNamed(group.title),
      data: {
        id: join(input.graph.key, id),
        title: group.title,
        color: group.color,
        writing: source.writing,
      },
    }
    this.groups.set(key, { source, made })
    return [made]
  }
}

function same<Source extends object>(left: Source, right: Source): boolean {
  return (Object.keys(left) as (keyof Source)[]).every((key) => left[key] === right[key])
}

function forget(known: Map<string, unknown>, left: readonly { id: string }[]): void {
  if (known.size <= left.length) return
  const ids = new Set(left.map(({ id }) => id))
  for (const id of known.keys()) if (!ids.has(id)) known.delete(id)
}

import { describe, expect, it } from 'vitest'
import { closeBody, openBody } from './bodies'
import { fragmentOf, pasteFragment } from './clipboard'
import { moveNodes, removeNodes } from './edits'
import { readFragment, writeFragment } from './fragmentText'
import {
  addGroup,
  addNote,
  editGroup,
  editNote,
  frameOf,
  groupsOf,
  noteKey,
  notesOf,
  removeGroup,
  removeNotes,
} from './notes'
import { diff } from './ops'
import { renameNode } from './rename'
import type { WorkflowDocument } from './workflow'

const two: WorkflowDocument = {
  concertmaster: 1,
  name: 'two',
  nodes: {
    a: { type: 'data.set@1' },
    b: { type: 'data.set@1' },
    each: { type: 'flow.for_each@1', body: {} },
  },
  edges: ['a -> b'],
  layout: { a: [0, 0], b: [280, 100], each: [560, 0] },
}

describe('notes', () => {
  it('are added, changed field by field, moved by their key and removed', () => {
    const noted = addNote(two, 'note', [10, 20], 'Mind the *gap*')
    expect(notesOf(noted).note).toMatchObject({ text: 'Mind the *gap*', at: [10, 20], color: 'yellow' })
    const moved = moveNodes(noted, { [noteKey('note')]: [30, 40] })
    expect(diff(noted, moved)).toEqual([{ path: '/notes/note/at', before: [10, 20], after: [30, 40] }])
    const painted = editNote(moved, 'note', { color: 'blue' })
    expect(diff(moved, painted).map(({ path }) => path)).toEqual(['/notes/note/color'])
    expect(removeNotes(painted, ['note'])).toEqual(two)
  })

  it('keep what they say and this editor does not know', () => {
    const strange = { ...two, notes: { n: { text: 'x', at: [0, 0], pinned: true } } }
    expect(editNote(strange, 'n', { text: 'y' }).notes).toEqual({
      n: { text: 'y', at: [0, 0], pinned: true },
    })
    expect(notesOf({ notes: { bad: 3, worse: { text: 'no place' } } })).toEqual({})
    expect(notesOf({ notes: 'nonsense' })).toEqual({})
  })

  it('are one object for one value, so that nothing renders for nothing', () => {
    const noted = addNote(two, 'note', [0, 0])
    expect(notesOf(noted)).toBe(notesOf({ ...noted }))
  })
})

describe('groups', () => {
  const grouped = addGroup(two, 'group', ['a', 'b'], 'Both')

  it('frame their nodes wherever they stand', () => {
    const frame = frameOf(
      groupsOf(grouped).group ?? { title: '', color: 'grey', nodes: [] },
      two.layout ?? {},
    )
    expect(frame).toEqual({ x: -20, y: -48, width: 488 + 40, height: 164 + 40 + 28 })
    expect(frameOf({ title: '', color: 'grey', nodes: ['gone'] }, {})).toBeNull()
  })

  it('hold a node once, and go with their last one', () => {
    const other = addGroup(grouped, 'group_2', ['b', 'each'])
    expect(groupsOf(other).group?.nodes).toEqual(['a'])
    const left = removeNodes(other, ['a'])
    expect(groupsOf(left)).toEqual({ group_2: { title: '', color: 'grey', nodes: ['b', 'each'] } })
    expect(removeNodes(removeNodes(left, ['b']), ['each']).groups).toBeUndefined()
  })

  it('follow a new id, and are taken apart without touching nodes', () => {
    expect(groupsOf(renameNode(grouped, 'a', 'first')).group?.nodes).toEqual(['first', 'b'])
    expect(removeGroup(editGroup(grouped, 'group', { color: 'red', title: 'T' }), 'group')).toEqual(two)
  })
})

describe('notes and groups of a body', () => {
  it('stand under the name of the container and go with it', () => {
    const inside = addNote(openBody(two, ['each']), 'note', [1, 2], 'inside')
    const whole = closeBody(addNote(two, 'note', [3, 4]), ['each'], {
      ...inside,
      groups: { g: { title: 'G', nodes: [] } },
    })
    expect(Object.keys(whole.notes as object)).toEqual(['note', 'each/note'])
    expect(notesOf(openBody(whole, ['each']))).toMatchObject({ note: { text: 'inside' } })
    const renamed = renameNode(whole, 'each', 'loop')
    expect(Object.keys(renamed.notes as object)).toEqual(['note', 'loop/note'])
    expect(Object.keys(renamed.groups as object)).toEqual(['loop/g'])
    expect(Object.keys(removeNodes(whole, ['each']).notes as object)).toEqual(['note'])
  })
})

describe('copied', () => {
  it('notes and whole groups go along as text and come back beside the first', () => {
    const start = addNote(addGroup(two, 'group', ['a', 'b'], 'Both'), 'note', [0, 200], 'Why')
    const text = writeFragment(fragmentOf(start, ['a', 'b', noteKey('note')]))
    const read = readFragment(text)
    if (!read) throw new Error('not read')
    const pasted = pasteFragment(start, read, [10, 10])
    expect(pasted.ids).toEqual(['a_2', 'b_2', noteKey('note_2')])
    expect(notesOf(pasted.document).note_2).toMatchObject({ text: 'Why', at: [10, 210] })
    expect(groupsOf(pasted.document).group_2).toEqual({ title: 'Both', color: 'grey', nodes: ['a_2', 'b_2'] })
    expect(fragmentOf(start, ['a']).groups).toEqual({})
  })

  it('notes alone are text that can be pasted', () => {
    const start = addNote(two, 'note', [0, 0], 'Alone')
    const read = readFragment(writeFragment(fragmentOf(start, [noteKey('note')])))
    expect(read && pasteFragment(two, read, [5, 5]).ids).toEqual([noteKey('note')])
    expect(readFragment('notes: {a: {type: x}}')).toBeNull()
  })
})

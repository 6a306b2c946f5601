import { beforeEach, expect, it } from 'vitest'
import { sampleTypes } from '~/model/sample'
import type { WorkflowDocument } from '~/model/workflow'
import { enterBody, leaveBody } from './actions/bodies'
import { goToNode } from './actions/find'
import { enterGraph, fold, foldFrame } from './actions/frames'
import { moveNodes } from './actions/moveNodes'
import { applyRename } from './actions/rename'
import { selectItems } from './actions/select'
import { undo } from './actions/undo'
import { createEditor, type Editor } from './store'

const inner = { type: 'flow.for_each', body: { nodes: { deep: { type: 'data.set' } } } }
const document: WorkflowDocument = {
  concertmaster: 1,
  name: 'framed',
  nodes: {
    each: { type: 'flow.for_each', body: { nodes: { half: { type: 'data.set' }, inner } } },
    last: { type: 'data.set' },
  },
  edges: [],
}
let editor: Editor
const state = () => editor.store.getState()
const where = () => [state().canvas.join('/'), state().path.join('/')]

beforeEach(() => {
  editor = createEditor({ saved: { document, version: 1, published: null }, types: sampleTypes })
})

it('work goes on in a frame while the canvas stays, and changes only its graph', () => {
  editor.dispatch(foldFrame, ['each'])
  expect(state().root).toBe(document)
  editor.dispatch(enterGraph, ['each'])
  editor.dispatch(selectItems, { nodes: ['half'], edges: [] })
  expect(where()).toEqual(['', 'each'])
  editor.dispatch(moveNodes, { half: [40, 8] })
  expect(state().root.layout?.['each/half']).toEqual([40, 8])
  expect(where()).toEqual(['', 'each'])
  editor.dispatch(undo)
  expect(state().root.nodes).toEqual(document.nodes)
  expect(state().root.layout).toEqual({})
  expect(where()).toEqual(['', 'each'])
})

it('a graph in a closed container is worked in on a canvas of its own', () => {
  editor.dispatch(enterGraph, ['each'])
  expect(where()).toEqual(['each', 'each'])
  editor.dispatch(leaveBody)
  expect(where()).toEqual(['', ''])
  expect(state().selection.nodes).toEqual(['each'])
})

it('what is closed is left, also from far inside', () => {
  editor.dispatch(foldFrame, ['each'])
  editor.dispatch(foldFrame, ['each', 'inner'])
  editor.dispatch(enterGraph, ['each', 'inner'])
  editor.dispatch(foldFrame, ['each'])
  expect(where()).toEqual(['', ''])
  expect(state().selection.nodes).toEqual(['each'])
  expect([...state().frames]).toEqual(['each/inner'])
})

it('the way out of a frame is the graph around, on the same canvas', () => {
  editor.dispatch(foldFrame, ['each'])
  editor.dispatch(enterGraph, ['each'])
  editor.dispatch(leaveBody)
  expect(where()).toEqual(['', ''])
  editor.dispatch(enterBody, 'each')
  expect(where()).toEqual(['each', 'each'])
})

it('what is searched for is shown in its frames', () => {
  editor.dispatch(goToNode, { path: ['each', 'inner'], id: 'deep' })
  expect(where()).toEqual(['', 'each/inner'])
  expect([...state().frames].sort()).toEqual(['each', 'each/inner'])
})

it('a key folds the chosen container, or the frame that one is in', () => {
  editor.dispatch(selectItems, { nodes: ['each'], edges: [] })
  editor.dispatch(fold)
  expect(state().frames.has('each')).toBe(true)
  editor.dispatch(enterGraph, ['each'])
  editor.dispatch(fold)
  expect(state().frames.has('each')).toBe(false)
  expect(state().selection.nodes).toEqual(['each'])
})

it('what is open stays open under another id', () => {
  editor.dispatch(foldFrame, ['each'])
  editor.dispatch(foldFrame, ['each', 'inner'])
  editor.dispatch(applyRename, { id: 'each', newId: 'every', title: '' })
  expect([...state().frames].sort()).toEqual(['every', 'every/inner'])
})

import { beforeEach, describe, expect, it } from 'vitest'
import { sampleDocument, sampleTypes } from '~/model/sample'
import { addNode } from './actions/addNode'
import { leaveBody, openContainer } from './actions/bodies'
import { duplicate } from './actions/clipboard'
import { connect } from './actions/connect'
import { deleteSelection } from './actions/deleteSelection'
import { disable } from './actions/disable'
import { received } from './actions/draft'
import { checked } from './actions/editDocument'
import { editConfig } from './actions/editNode'
import { redo } from './actions/redo'
import { applyRename } from './actions/rename'
import { stored } from './actions/save'
import { selectItems, showProblem } from './actions/select'
import { undo } from './actions/undo'
import { walks } from './actions/walk'
import { graphProblemsOf, problemsOf } from './problems'
import { isDirty } from './state'
import { createEditor, type Editor } from './store'

let clock = 0
let editor: Editor
const state = () => editor.store.getState()
const saved = { document: sampleDocument, version: 3, published: 3 }

beforeEach(() => {
  clock = 0
  editor = createEditor({
    saved,
    types: sampleTypes,
    now: () => {
      clock += 1000
      return clock
    },
  })
})

describe('editor', () => {
  it('adds a node behind the chosen one and wires what fits', () => {
    editor.dispatch(selectItems, { nodes: ['late'], edges: [] })
    editor.dispatch(addNode, { type: 'table.sql' })
    expect(state().document.edges).toContain('late -> sql')
    expect(state().document.nodes.sql?.type).toBe('table.sql@1')
    expect(state().selection.nodes).toEqual(['sql'])
    expect(state().panels.inspector).toBe(true)
  })

  it('never puts a new node on another one', () => {
    editor.dispatch(addNode, { type: 'table.sql', at: [288, 0] })
    const [x, y] = state().document.layout?.sql ?? [0, 0]
    expect([x, y]).toEqual([288, 96])
  })

  it('puts a node into a wire', () => {
    const into = { source: 'flights', outlet: 'out', target: 'late', port: 'in' }
    editor.dispatch(addNode, { type: 'table.sql', into })
    expect(state().document.edges).toEqual(['late -> check', 'flights -> sql', 'sql -> late'])
  })

  it('refuses wires that do not fit or close a circle', () => {
    editor.dispatch(connect, { source: 'check', outlet: 'true', target: 'late', port: 'in' })
    editor.dispatch(connect, { source: 'late', outlet: 'nothing', target: 'check', port: 'in' })
    expect(state().document).toBe(sampleDocument)
  })

  it('undoes and redoes, and is clean again at the saved document', () => {
    editor.dispatch(selectItems, { nodes: ['late'], edges: [] })
    editor.dispatch(deleteSelection)
    expect(state().document.edges).toEqual([])
    expect(state().selection.nodes).toEqual([])
    expect(isDirty(state())).toBe(true)
    editor.dispatch(undo)
    expect(isDirty(state())).toBe(false)
    editor.dispatch(redo)
    expect(state().document.nodes).not.toHaveProperty('late')
  })

  it('stays a draft when one went on editing while it was saved', () => {
    editor.dispatch(disableLate())
    const sent = state().document
    editor.dispatch(editConfig, { id: 'flights', config: { path: 'other.csv' } })
    editor.dispatch(stored, { document: sent, version: 4, published: 4 })
    expect(isDirty(state())).toBe(true)
    editor.dispatch(undo)
    expect(isDirty(state())).toBe(false)
  })

  it('takes back its own steps only, when somebody else has edited meanwhile', () => {
    editor.dispatch(editConfig, { id: 'flights', config: { path: 'mine.csv' } })
    editor.dispatch(received, { ...state().root, title: 'Theirs' })
    editor.dispatch(undo)
    expect(state().document).toEqual({ ...sampleDocument, title: 'Theirs' })
    expect(state().history.past).toEqual([])
  })

  it('goes on undoing after a reload', () => {
    editor.dispatch(editConfig, { id: 'flights', config: { path: 'mine.csv' } })
    const { root: draft, history } = structuredClone({ root: state().root, history: state().history })
    editor = createEditor({ saved, types: sampleTypes, draft, history })
    editor.dispatch(undo)
    expect(isDirty(state())).toBe(false)
  })

  it('duplicates, renames with everything that names the node, and walks', () => {
    editor.dispatch(selectItems, { nodes: ['late', 'check'], edges: [] })
    editor.dispatch(duplicate)
    expect(state().selection.nodes).toEqual(['late_2', 'check_2'])
    editor.dispatch(applyRename, { id: 'late', newId: 'delayed', title: 'Delayed' })
    expect(state().document.nodes.check?.config?.condition).toBe('{{ nodes.delayed.rows > 0 }}')
    editor.dispatch(selectItems, { nodes: ['delayed'], edges: [] })
    const right = walks.find((action) => action.shortcuts?.includes('arrowright'))
    if (right) editor.dispatch(right)
    expect(state().selection.nodes).toEqual(['check'])
  })

  it('shows the list of the server while it is about this document, else its own checks too', () => {
    const problem = {
      code: 'x',
      pointer: '/nodes/late/config/query',
      severity: 'error' as const,
      message: 'No',
    }
    editor.dispatch(checked, { server: [problem], of: state().root })
    expect(problemsOf(state())).toEqual([problem])
    editor.dispatch(selectItems, { nodes: [], edges: ['flights -> late'] })
    editor.dispatch(deleteSelection)
    expect(problemsOf(state()).map((item) => item.code)).toEqual(['port.unwired', 'x'])
    editor.dispatch(showProblem, problem)
    expect(state().selection.nodes).toEqual(['late'])
    expect(state().focus).toBe(problem.pointer)
  })
})

function disableLate() {
  editor.dispatch(selectItems, { nodes: ['late'], edges: [] })
  return disable
}

describe('bodies', () => {
  beforeEach(() => {
    editor.dispatch(addNode, { type: 'flow.for_each', at: [0, 400] })
    editor.dispatch(openContainer)
  })

  it('are edited like the graph around them, and undone with it', () => {
    expect(state().path).toEqual(['for_each'])
    expect(state().document.nodes).toEqual({})
    editor.dispatch(addNode, { type: 'data.set', at: [0, 0] })
    editor.dispatch(addNode, { type: 'table.sql' })
    expect(state().document.edges).toEqual(['set -> sql'])
    expect(state().root.nodes.for_each?.body).toEqual({
      nodes: { set: { type: 'data.set@1' }, sql: { type: 'table.sql@1' } },
      edges: ['set -> sql'],
    })
    expect(state().root.layout).toMatchObject({ 'for_each/set': [0, 0], 'for_each/sql': [288, 0] })
    editor.dispatch(undo)
    expect(Object.keys(state().document.nodes)).toEqual(['set'])
    editor.dispatch(redo)
    editor.dispatch(selectItems, { nodes: ['set'], edges: [] })
    editor.dispatch(deleteSelection)
    expect(Object.keys(state().root.nodes.for_each?.body?.nodes ?? {})).toEqual(['sql'])
    expect(isDirty(state())).toBe(true)
  })

  it('have no node called like one around', () => {
    editor.dispatch(leaveBody)
    editor.dispatch(addNode, { type: 'data.set', at: [0, 800] })
    editor.dispatch(selectItems, { nodes: ['for_each'], edges: [] })
    editor.dispatch(openContainer)
    editor.dispatch(addNode, { type: 'data.set', at: [0, 0] })
    expect(Object.keys(state().document.nodes)).toEqual(['set_2'])
  })

  it('are left when the step that made the container is undone', () => {
    editor.dispatch(undo)
    expect(state().path).toEqual([])
    expect(state().document).toEqual(sampleDocument)
  })

  it('are gone back from, with the container chosen', () => {
    editor.dispatch(leaveBody)
    expect(state().selection.nodes).toEqual(['for_each'])
    expect(state().document).toBe(state().root)
  })

  it('tell the settings of their container the new name of a node', () => {
    editor.dispatch(addNode, { type: 'data.set', at: [0, 0] })
    editor.dispatch(leaveBody)
    editor.dispatch(editConfig, { id: 'for_each', config: { result: '{{ nodes.set * 2 }}' } })
    editor.dispatch(openContainer)
    editor.dispatch(applyRename, { id: 'set', newId: 'price', title: '' })
    expect(state().root.nodes.for_each?.config?.result).toBe('{{ nodes.price * 2 }}')
    expect(state().document.nodes.price?.type).toBe('data.set@1')
    expect(state().root.layout).toHaveProperty('for_each/price')
  })

  it('are opened to show a problem in them', () => {
    editor.dispatch(addNode, { type: 'data.set', at: [0, 0] })
    editor.dispatch(leaveBody)
    const pointer = '/nodes/for_each/body/nodes/set/config/value'
    const problem = { code: 'x', pointer, severity: 'error' as const, message: 'no' }
    editor.dispatch(checked, { server: [problem], of: state().root })
    editor.dispatch(showProblem, problem)
    expect(state().path).toEqual(['for_each'])
    expect(state().selection.nodes).toEqual(['set'])
    expect(state().focus).toBe('/nodes/set/config/value')
    expect(graphProblemsOf(state()).map((one) => one.pointer)).toEqual(['/nodes/set/config/value'])
  })
})

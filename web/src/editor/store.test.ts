import { beforeEach, describe, expect, it } from 'vitest'
import { sampleDocument, sampleTypes } from '~/model/sample'
import { actions } from './actions'
import { addNode } from './actions/addNode'
import { leaveBody, openContainer } from './actions/bodies'
import { duplicate } from './actions/clipboard'
import { connect, reconnect } from './actions/connect'
import { deleteSelection } from './actions/deleteSelection'
import { disable } from './actions/disable'
import { received } from './actions/draft'
import { checked } from './actions/editDocument'
import { editConfig } from './actions/editNode'
import { moveInto } from './actions/moveNodes'
import { setPanels } from './actions/panels'
import { setReadOnly } from './actions/readOnly'
import { redo } from './actions/redo'
import { applyRename } from './actions/rename'
import { stored } from './actions/save'
import { selectItems, showProblem } from './actions/select'
import { close } from './actions/selectAll'
import { undo } from './actions/undo'
import { selectDownstream, selectUpstream, walks } from './actions/walk'
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

  it('moves the end of a wire, and leaves it where the other node would not take it', () => {
    const from = { source: 'flights', outlet: 'out', target: 'late', port: 'in' }
    editor.dispatch(addNode, { type: 'table.join', at: [0, 400] })
    editor.dispatch(reconnect, { from, to: { ...from, target: 'join', port: 'right' } })
    expect(state().document.edges).toEqual(['flights -> join.right', 'late -> check'])
    editor.dispatch(undo)
    editor.dispatch(reconnect, {
      from: { ...from, source: 'late', target: 'check' },
      to: { ...from, target: 'flights', source: 'check', outlet: 'true' },
    })
    expect(state().document.edges).toContain('check.true -> flights')
    editor.dispatch(undo)
    const before = state().document
    editor.dispatch(reconnect, { from, to: { ...from, source: 'check', outlet: 'true' } })
    expect(state().document).toBe(before)
  })

  it('feeds a port with a new node', () => {
    editor.dispatch(addNode, { type: 'table.join', at: [0, 400] })
    editor.dispatch(addNode, { type: 'table.sql', to: { node: 'join', port: 'right' } })
    expect(state().document.edges).toContain('sql -> join.right')
    expect(state().document.layout?.sql?.[0]).toBeLessThan(0)
  })

  it('puts a node that was moved there into a wire, as one step', () => {
    editor.dispatch(addNode, { type: 'table.sql', at: [0, 400] })
    const edge = { source: 'flights', outlet: 'out', target: 'late', port: 'in' }
    editor.dispatch(moveInto, { id: 'sql', at: [144, 0], edge })
    expect(state().document.edges).toEqual(['late -> check', 'flights -> sql', 'sql -> late'])
    expect(state().document.layout?.check?.[0]).toBeGreaterThan(576)
    editor.dispatch(undo)
    expect([...state().document.edges].sort()).toEqual([...sampleDocument.edges].sort())
    expect(state().document.layout?.check).toEqual([576, 0])
  })

  it('makes one step of what is typed into a field, and two of two fields', () => {
    const quick = createEditor({ saved, types: sampleTypes, now: () => 0 })
    const past = () => quick.store.getState().history.past.length
    quick.dispatch(editConfig, { id: 'late', config: { query: 'a' } })
    quick.dispatch(editConfig, { id: 'late', config: { query: 'ab' } })
    expect(past()).toBe(1)
    quick.dispatch(editConfig, { id: 'late', config: { query: 'ab', other: 'c' } })
    expect(past()).toBe(2)
  })

  it('changes nothing where one may only look', () => {
    editor.dispatch(setReadOnly, 'no right')
    editor.dispatch(addNode, { type: 'table.sql' })
    editor.dispatch(selectItems, { nodes: ['late'], edges: [] })
    for (const action of actions) editor.dispatch(action)
    expect(state().root).toBe(sampleDocument)
    expect(state().panels).toMatchObject({ quickAdd: null, renaming: null, renamingId: null })
    editor.dispatch(setReadOnly, null)
    editor.dispatch(addNode, { type: 'table.sql' })
    expect(state().root).not.toBe(sampleDocument)
  })

  it('closes one thing at a time', () => {
    editor.dispatch(selectItems, { nodes: ['late'], edges: [] })
    editor.dispatch(setPanels, { find: true, drawer: 'runs' })
    const open = () => [
      state().panels.find,
      state().selection.nodes.length > 0,
      state().panels.drawer !== null,
      state().panels.inspector,
    ]
    const seen = [open()]
    for (let step = 0; step < 4; step += 1) {
      editor.dispatch(close)
      seen.push(open())
    }
    expect(seen.map((flags) => flags.filter(Boolean).length)).toEqual([4, 3, 2, 1, 0])
  })

  it('chooses all that leads to a node, and all that it leads to', () => {
    editor.dispatch(selectItems, { nodes: ['late'], edges: [] })
    editor.dispatch(selectUpstream)
    expect(state().selection.nodes).toEqual(['late', 'flights'])
    editor.dispatch(selectDownstream)
    expect(state().selection.nodes).toEqual(['late', 'flights', 'check'])
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

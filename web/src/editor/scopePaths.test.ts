import { expect, it } from 'vitest'
import type { ScopeEntry } from '~/api/types'
import type { WorkflowDocument } from '~/model/workflow'
import { inputEntry, pathsOf, sliceFor, tablesOf } from './scopePaths'

const entry = (
  path: string,
  kind: ScopeEntry['kind'],
  children: ScopeEntry[] = [],
  more = {},
): ScopeEntry => ({
  name: path.split('.').at(-1) ?? path,
  path,
  kind,
  preview: '',
  children,
  more: false,
  ...more,
})

const node = (type: string) => ({ type, config: { a: 1 } })
const root: WorkflowDocument = {
  concertmaster: 1,
  name: 'w',
  inputs: { month: { type: 'string', title: 'Month' } },
  vars: { city: 'Oslo' },
  nodes: {
    read: node('file.read'),
    check: node('logic.if'),
    use: node('data.set'),
    later: node('data.set'),
    each: {
      ...node('flow.for_each'),
      body: { nodes: { inner: node('data.set'), last: node('data.set') }, edges: ['inner -> last'] },
    },
  },
  edges: ['read -> check', 'check.true -> use', 'use -> later', 'read -> use.other', 'read -> each'],
}
const tree = [
  entry('nodes', 'object', [
    entry('nodes.read', 'table', [entry('nodes.read.rows', 'number')], {
      columns: [{ name: 'a', type: 'int64' }],
    }),
    entry('nodes.check', 'outlets', [
      entry('nodes.check.true', 'object', [entry('nodes.check.true.x', 'number', [], { preview: '7' })]),
    ]),
    entry('nodes.later', 'number'),
  ]),
]

it('takes `input` from the wire as it is drawn now', () => {
  const input = inputEntry(root, 'use', tree)
  expect(input?.path).toBe('input')
  expect(input?.children[0]?.path).toBe('input.x')
  expect(inputEntry(root, 'read', tree)).toBeUndefined()
})

it('names what runs before, with values, and nothing that comes later', () => {
  const paths = pathsOf({ root, path: [], id: 'use', tree })
  const labels = paths.map(({ label }) => label)
  expect(labels).toEqual(expect.arrayContaining(['input.x', 'nodes.read.rows', 'inputs.month', 'vars.city']))
  expect(labels).not.toContain('nodes.later')
  expect(paths.find(({ label }) => label === 'input.x')?.detail).toBe('7')
  expect(new Set(labels).size).toBe(labels.length)
})

it('names the item and what is around in a body', () => {
  const labels = pathsOf({ root, path: ['each'], id: 'last', tree }).map(({ label }) => label)
  expect(labels).toEqual(expect.arrayContaining(['item', 'index', 'nodes.inner', 'nodes.read']))
})

it('knows the columns of each table that comes in', () => {
  expect(tablesOf(root, 'use', tree)).toEqual({ input: [], other: ['a'] })
})

it('sends no more of the document than decides', () => {
  expect(sliceFor(root, [], 'use')).toMatchObject({
    name: 'w',
    vars: { city: 'Oslo' },
    edges: ['check.true -> use', 'read -> use.other'],
    nodes: { use: { type: 'data.set' }, check: { type: 'logic.if' }, read: { type: 'file.read' } },
  })
  const inside = sliceFor(root, ['each'], 'last')
  expect(inside.nodes).toEqual({
    each: {
      type: 'flow.for_each',
      body: { nodes: { last: { type: 'data.set' }, inner: { type: 'data.set' } }, edges: ['inner -> last'] },
    },
  })
})

import { expect, it } from 'vitest'
import { countChanges } from './diff'
import { addNode, connect, moveNodes, setConfig } from './edits'
import { sampleDocument as saved } from './sample'

it('counts nodes, edges, settings, and all moves as one', () => {
  let draft = setConfig(saved, 'flights', { path: 'other.csv' })
  draft = setConfig(draft, 'flights', { path: 'another.csv' })
  expect(countChanges(saved, draft)).toBe(1)
  draft = addNode(draft, 'sort', { type: 'table.sort' }, [0, 200])
  draft = connect(draft, { source: 'late', outlet: 'out', target: 'sort', port: 'in' })
  expect(countChanges(saved, draft)).toBe(3)
  draft = moveNodes(draft, { flights: [8, 8], late: [300, 8] })
  expect(countChanges(saved, draft)).toBe(4)
  expect(countChanges(saved, { ...saved, title: 'Other' })).toBe(1)
  expect(countChanges(saved, { ...saved })).toBe(0)
})

import { expect, it } from 'vitest'
import { findNodes, listNodes } from './findNodes'
import { sampleDocument, sampleTypes } from './sample'

const document = {
  ...sampleDocument,
  nodes: {
    ...sampleDocument.nodes,
    each: {
      type: 'flow.for_each@1',
      title: 'Every late flight',
      body: { nodes: { note: { type: 'data.set@1', config: { value: { text: 'Delayed again' } } } } },
    },
  },
}
const list = listNodes(document.nodes)
const found = (query: string) =>
  findNodes(list, query, sampleTypes).map(({ path, id }) => [...path, id].join('/'))

it('lists what is inside of containers behind them', () => {
  expect(found('')).toEqual(['flights', 'late', 'check', 'each', 'each/note'])
  expect(list.at(-1)?.inside).toEqual(['Every late flight'])
})

it('finds by title, id, type and settings, in that order', () => {
  expect(found('late')).toEqual(['late', 'each', 'check'])
  expect(found('table.sql')).toEqual(['late'])
  expect(found('delayed')).toEqual(['each/note'])
  expect(found('flights csv')).toEqual(['flights'])
  expect(found('nowhere')).toEqual([])
})

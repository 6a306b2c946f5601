import { expect, it } from 'vitest'
import { sampleDocument, sampleType, sampleTypes } from '~/model/sample'
import { freeInputs, outletChoices } from './freePorts'
import { byCategory, picked, searchTypes, typesAfter, typesBefore, typesInto } from './searchTypes'

const types = [
  sampleType('table.filter', {
    title: 'Filter rows',
    tags: ['where'],
    description: 'Keep rows that meet a condition.',
  }),
  sampleType('table.sort', { title: 'Sort rows', description: 'Order rows.' }),
  sampleType('logic.if', { title: 'If', description: 'Branch on a condition.' }),
]
const found = (query: string) => searchTypes(types, query).map((type) => type.id)

it('finds by name, tag and description, best first', () => {
  expect(found('')).toHaveLength(3)
  expect(found('fil')).toEqual(['table.filter'])
  expect(found('where')).toEqual(['table.filter'])
  expect(found('condition')).toEqual(['table.filter', 'logic.if'])
  expect(found('rows sort')).toEqual(['table.sort'])
  expect(found('nothing')).toEqual([])
})

it('groups by category in the given order', () => {
  expect(byCategory(types).map(([category, list]) => `${category} ${list.length}`)).toEqual([
    'table 2',
    'logic 1',
  ])
})

it('offers only what fits a wire', () => {
  const after = typesAfter(sampleDocument, sampleTypes, { node: 'late', outlet: 'out' }).map(
    (type) => type.id,
  )
  expect(after).toContain('table.sql')
  const json = { ...sampleDocument, nodes: { ...sampleDocument.nodes, call: { type: 'http.request' } } }
  const afterJson = typesAfter(json, sampleTypes, { node: 'call', outlet: 'out' }).map((type) => type.id)
  expect(afterJson).not.toContain('table.sql')
  const edge = { source: 'flights', outlet: 'out', target: 'late', port: 'in' }
  const into = typesInto(sampleDocument, sampleTypes, edge).map((type) => type.id)
  expect(into).toContain('table.sql')
  expect(into).not.toContain('http.request')
})

it('offers what can feed a port', () => {
  const before = (node: string, port: string) =>
    typesBefore(sampleDocument, sampleTypes, { node, port }).map((type) => type.id)
  expect(before('late', 'in')).toContain('table.sql')
  expect(before('late', 'in')).toContain('logic.if')
  expect(before('late', 'in')).not.toContain('http.request')
  // Only orders the two: anything may.
  expect(before('flights', 'in')).toContain('http.request')
})

it('knows which ports are free', () => {
  expect(outletChoices(sampleDocument, sampleTypes, 'check')).toEqual(['true', 'false', 'error'])
  expect(outletChoices(sampleDocument, sampleTypes, 'late')).toEqual(['out', 'error'])
  expect(freeInputs(sampleDocument, sampleTypes, 'late')).toEqual([])
  const join = { ...sampleDocument, nodes: { ...sampleDocument.nodes, join: { type: 'table.join@1' } } }
  const edges = [...join.edges, 'late -> join']
  expect(freeInputs({ ...join, edges }, sampleTypes, 'join')).toEqual(['right'])
})

it('picks in the order of the ids, and leaves out what is gone', () => {
  expect(picked(['logic.if', 'gone', 'table.sort'], types).map((type) => type.id)).toEqual([
    'logic.if',
    'table.sort',
  ])
})

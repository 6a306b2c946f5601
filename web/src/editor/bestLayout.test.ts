import { expect, it } from 'vitest'
import { sampleDocument, sampleTypes } from '~/model/sample'
import { elkGraph, placesOf } from './bestLayout'

it('gives the chosen nodes with their ports, and only the edges between them', () => {
  const graph = elkGraph(sampleDocument, sampleTypes, ['late', 'check'])
  expect(graph.children?.map((child) => child.id)).toEqual(['late', 'check'])
  expect(graph.children?.[1]?.ports?.map((port) => port.id)).toEqual([
    'check<in',
    'check>true',
    'check>false',
    'check>error',
  ])
  expect(graph.edges?.map((edge) => [edge.sources, edge.targets])).toEqual([[['late>out'], ['check<in']]])
})

it('puts what undoes a node under it, below the graph', () => {
  const laid = {
    id: 'root',
    children: [
      { id: 'a', x: 10.4, y: 0 },
      { id: 'b', x: 300, y: 80 },
      { id: 'u', x: 0, y: 0 },
    ],
  }
  expect(placesOf(laid, new Map([['u', 'b']]))).toEqual({ a: [10, 0], b: [300, 80], u: [300, 184] })
})

import { expect, it } from 'vitest'
import { moveNodes, setConfig } from '~/model/edits'
import { sampleDocument, sampleTypes } from '~/model/sample'
import { NODE_HEIGHT, portsOf } from './geometry'
import { type FlowInput, FlowMapper } from './toFlow'
import { edgeTo, nameNewPort, refusal } from './wiring'

const input = (parts: Partial<FlowInput> = {}): FlowInput => ({
  document: sampleDocument,
  types: sampleTypes,
  problems: new Map(),
  selectedNodes: new Set(),
  selectedEdges: new Set(),
  readOnly: false,
  renaming: null,
  open: new Set(),
  active: '',
  ...parts,
})

it('keeps the identity of everything that did not change', () => {
  const mapper = new FlowMapper()
  const first = mapper.map(input())
  const moved = mapper.map(input({ document: moveNodes(sampleDocument, { late: [300, 80] }) }))
  expect(moved.nodes[0]).toBe(first.nodes[0])
  expect(moved.nodes[1]).not.toBe(first.nodes[1])
  expect(moved.nodes[1]?.position).toEqual({ x: 300, y: 80 })
  expect(moved.edges[0]).toBe(first.edges[0])
  const configured = mapper.map(input({ document: setConfig(sampleDocument, 'late', { query: 'select 1' }) }))
  expect(configured.nodes[1]?.data.subtitle).toBe('select 1')
  expect(configured.nodes[2]).toBe(first.nodes[2])
})

it('gives every handle its place, so that nothing is measured', () => {
  const [, late] = new FlowMapper().map(input()).nodes
  expect(late?.handles?.map((handle) => `${handle.type} ${handle.id}`)).toEqual([
    'target in',
    'source out',
    'source error',
  ])
  expect(late?.handles?.[0]?.y).toBe(NODE_HEIGHT / 2 - 6)
})

it('shows ports that only an edge names, and leaves out wires to nowhere', () => {
  expect(portsOf(null, undefined, ['left'], ['other']).inputs.map((port) => port.name)).toEqual(['left'])
  const document = { ...sampleDocument, edges: [...sampleDocument.edges, 'late -> ghost', 'ghost -> late'] }
  expect(new FlowMapper().map(input({ document })).edges).toHaveLength(2)
})

it('finds the port for a wire that ends on a card, and says why it may not', () => {
  const from = { node: 'flights', handle: 'out', type: 'source' as const }
  const edge = edgeTo(sampleDocument, sampleTypes, from, 'check')
  expect(edge).toEqual({ source: 'flights', outlet: 'out', target: 'check', port: 'in' })
  expect(edge && refusal(sampleDocument, sampleTypes, edge)).toBeNull()
  const back = edgeTo(sampleDocument, sampleTypes, { node: 'late', handle: 'out', type: 'source' }, 'flights')
  expect(back && refusal(sampleDocument, sampleTypes, back)).toContain('circle')
  const wire = { source: 'flights', outlet: 'out', target: 'late', port: '+' }
  expect(nameNewPort(sampleDocument, wire).port).toBe('flights')
})

it('maps an open container to a frame before what is inside, and keeps the rest', () => {
  const loop = {
    type: 'flow.for_each',
    body: { nodes: { a: { type: 'x' }, b: { type: 'x' } }, edges: ['a -> b'] },
  }
  const document = { ...sampleDocument, nodes: { ...sampleDocument.nodes, loop } }
  const mapper = new FlowMapper()
  const closed = mapper.map(input({ document }))
  const open = mapper.map(input({ document, open: new Set(['loop']), active: 'loop' }))
  const ids = open.nodes.map(({ id }) => id)
  const frame = open.nodes.find(({ id }) => id === 'loop')
  expect(frame?.type).toBe('container')
  expect(frame?.width).toBeGreaterThan(208)
  expect(ids.indexOf('loop')).toBeLessThan(ids.indexOf('loop/a'))
  expect(open.edges.find(({ id }) => id === 'loop/a -> b')).toMatchObject({
    source: 'loop/a',
    target: 'loop/b',
  })
  expect(open.edges[0]).toBe(closed.edges[0])
  const chosen = mapper.map(
    input({ document, open: new Set(['loop']), active: 'loop', selectedNodes: new Set(['loop/b']) }),
  )
  expect(chosen.nodes.filter((node, at) => node !== open.nodes[at]).map(({ id }) => id)).toEqual(['loop/b'])
  expect(mapper.map(input({ document })).nodes).toHaveLength(closed.nodes.length)
})

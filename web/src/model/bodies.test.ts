import { describe, expect, it } from 'vitest'
import { bodyOf, closeBody, knownPath, openBody, problemsIn } from './bodies'
import { addNode, connect, moveNodes, removeNodes } from './edits'
import { boundsOf, positionsOf } from './layout'
import { renameNode } from './rename'
import { sampleTypes } from './sample'
import { problemNode, validateWiring } from './validate'
import type { Problem, WorkflowDocument } from './workflow'

const nested: WorkflowDocument = {
  concertmaster: 1,
  name: 'nested',
  nodes: {
    list: { type: 'data.set' },
    each: {
      type: 'flow.for_each@1',
      config: { result: '{{ nodes.price * 2 }}' },
      body: {
        nodes: {
          price: { type: 'data.set', config: { value: '{{ nodes.list[0] + item }}' } },
          inner: { type: 'flow.for_each', body: { nodes: { leaf: { type: 'data.set' } } } },
        },
        edges: ['price -> inner'],
      },
    },
  },
  edges: ['list -> each'],
  layout: {
    list: [0, 0],
    each: [288, 0],
    'each/price': [0, 0],
    'each/inner': [288, 0],
    'each/inner/leaf': [8, 8],
  },
}

describe('bodies', () => {
  it('are documents of their own, the same one as long as nothing changes', () => {
    const body = openBody(nested, ['each'])
    expect(Object.keys(body.nodes)).toEqual(['price', 'inner'])
    expect(body.edges).toEqual(['price -> inner'])
    expect(body.layout).toEqual({ price: [0, 0], inner: [288, 0], 'inner/leaf': [8, 8] })
    expect(openBody(nested, ['each'])).toBe(body)
    expect(openBody(nested, [])).toBe(nested)
    expect(openBody(nested, ['each', 'inner']).layout).toEqual({ leaf: [8, 8] })
  })

  it('take edits, and give them back to the document', () => {
    const path = ['each', 'inner']
    let body = addNode(openBody(nested, path), 'more', { type: 'data.set' }, [296, 0])
    body = connect(body, { source: 'leaf', outlet: 'out', target: 'more', port: 'in' })
    const next = closeBody(nested, path, moveNodes(body, { leaf: [16, 16] }))
    expect(next.edges).toBe(nested.edges)
    expect(next.nodes.each?.body?.nodes?.inner?.body).toEqual({
      nodes: { leaf: { type: 'data.set' }, more: { type: 'data.set' } },
      edges: ['leaf -> more'],
    })
    expect(next.layout).toEqual({
      ...nested.layout,
      'each/inner/leaf': [16, 16],
      'each/inner/more': [296, 0],
    })
    expect(closeBody(next, path, openBody(nested, path))).toEqual(nested)
  })

  it('do not count for the places of the graph around them', () => {
    expect(Object.keys(positionsOf(nested))).toEqual(['list', 'each'])
    expect(boundsOf(Object.values(positionsOf(nested)))?.width).toBe(496)
    expect(removeNodes(nested, ['each']).layout).toEqual({ list: [0, 0] })
  })

  it('follow when a node around them, or their container, gets another name', () => {
    const renamed = renameNode(renameNode(nested, 'list', 'prices'), 'each', 'loop')
    expect(renamed.nodes.loop?.body?.nodes?.price?.config?.value).toBe('{{ nodes.prices[0] + item }}')
    expect(Object.keys(renamed.layout ?? {})).toEqual([
      'prices',
      'loop',
      'loop/price',
      'loop/inner',
      'loop/inner/leaf',
    ])
  })

  it('have problems of their own', () => {
    const at = (pointer: string): Problem => ({ code: 'x', pointer, severity: 'error', message: '' })
    const deep = at('/nodes/each/body/nodes/inner/body/nodes/leaf/config/value')
    expect(bodyOf(deep)).toEqual({ path: ['each', 'inner'], pointer: '/nodes/leaf/config/value' })
    expect(bodyOf(at('/nodes/each/body/edges/0'))).toEqual({ path: ['each'], pointer: '/edges/0' })
    expect(bodyOf(at('/nodes/each/body'))).toEqual({ path: [], pointer: '/nodes/each/body' })
    expect(problemsIn([deep, at('/nodes/list')], ['each']).map((one) => one.pointer)).toEqual([
      '/nodes/inner/body/nodes/leaf/config/value',
    ])
    expect(problemNode(nested, deep)).toBe('each')
  })

  it('are checked as the graph around them is, and get the item without a wire', () => {
    const body = { nodes: { sql: { type: 'table.sql' }, odd: { type: 'no.such' } }, edges: ['sql -> ghost'] }
    const document = { ...nested, nodes: { each: { type: 'flow.for_each', body } }, edges: [] }
    expect(validateWiring(document, sampleTypes).map((one) => `${one.code} ${one.pointer}`)).toEqual([
      'node.unknown_type /nodes/each/body/nodes/odd/type',
      'edge.dangling /nodes/each/body/edges/0',
    ])
  })

  it('are left when their container is gone', () => {
    expect(knownPath(nested, ['each', 'inner'], sampleTypes)).toEqual(['each', 'inner'])
    expect(knownPath(nested, ['each', 'price'], sampleTypes)).toEqual(['each'])
    expect(knownPath(nested, ['gone'], sampleTypes)).toEqual([])
  })
})

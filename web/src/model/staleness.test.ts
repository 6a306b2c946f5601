import { describe, expect, test } from 'vitest'
import { staleness } from './staleness'
import type { WorkflowDocument } from './workflow'

const base: WorkflowDocument = {
  name: 'w',
  nodes: {
    a: { type: 'data.set', config: { value: 1 } },
    b: { type: 'data.set', config: { value: '{{ input }}' } },
    side: { type: 'data.set', config: { value: 2 } },
    c: { type: 'data.set', config: { value: ['{{ nodes.side.out }}', '{{ input }}'] } },
    each: {
      type: 'flow.for_each',
      config: { items: [1] },
      body: {
        nodes: { x: { type: 'data.set', config: {} }, y: { type: 'data.set', config: {} } },
        edges: ['x -> y'],
      },
    },
  },
  edges: ['a -> b', 'b -> c', 'c -> each'],
} as unknown as WorkflowDocument

const withConfig = (id: string, config: object): WorkflowDocument =>
  ({
    ...base,
    nodes: { ...base.nodes, [id]: { ...base.nodes[id], config } },
  }) as WorkflowDocument

describe('staleness', () => {
  test('nothing, or what changes no output', () => {
    const titled = {
      ...base,
      nodes: { ...base.nodes, b: { ...base.nodes.b, title: 'B' } },
    } as WorkflowDocument
    expect(staleness(base, titled, 'b')).toBeNull()
    expect(staleness(base, withConfig('c', { value: 3 }), 'b')).toBeNull()
  })
  test('the node, what is wired before it, and what its expressions name', () => {
    expect(staleness(base, withConfig('b', { value: 9 }), 'b')).toBe('node')
    expect(staleness(base, withConfig('a', { value: 9 }), 'c')).toBe('inputs')
    expect(staleness(base, withConfig('side', { value: 9 }), 'c')).toBe('inputs')
    expect(staleness(base, withConfig('side', { value: 9 }), 'b')).toBeNull()
    expect(staleness(base, { ...base, edges: ['side -> b', 'b -> c'] }, 'c')).toBe('inputs')
  })
  test('in a body: its own, its container and what comes into that', () => {
    const each = base.nodes.each
    const inner = {
      ...base,
      nodes: { ...base.nodes, each: { ...each, body: { ...each?.body, edges: [] } } },
    } as unknown as WorkflowDocument
    expect(staleness(base, inner, 'each/y')).toBe('inputs')
    expect(staleness(base, inner, 'each/x')).toBeNull()
    expect(staleness(base, inner, 'each')).toBe('node')
    expect(staleness(base, withConfig('each', { items: [2] }), 'each/x')).toBe('inputs')
    expect(staleness(base, withConfig('a', { value: 9 }), 'each/x')).toBe('inputs')
  })
  test('a node that is not there any more', () => {
    expect(staleness(base, base, 'nobody')).toBe('gone')
    expect(staleness(base, base, 'each/nobody')).toBe('gone')
    expect(staleness(base, base, 'nobody/x')).toBe('gone')
  })
})

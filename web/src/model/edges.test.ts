import { describe, expect, it } from 'vitest'
import { ancestors, closesCycle } from './edgeIndex'
import { formatEdge, parseEdge } from './edges'

describe('edges', () => {
  it('reads outlets and ports and writes the canonical text', () => {
    expect(parseEdge('check.true->publish.left')).toEqual({
      source: 'check',
      outlet: 'true',
      target: 'publish',
      port: 'left',
    })
    for (const text of ['a -> b', 'a.true -> b', 'a -> b.right', 'a.error -> b.right']) {
      const edge = parseEdge(text)
      expect(edge && formatEdge(edge)).toBe(text)
    }
    expect(formatEdge({ source: 'a', outlet: 'out', target: 'b', port: 'in' })).toBe('a -> b')
  })

  it('refuses what is not an edge', () => {
    for (const text of ['', 'a', 'a ->', 'a -> b -> c', 'a-b -> c', '1a -> b'])
      expect(parseEdge(text)).toBeNull()
  })

  it('sees a circle before it is drawn', () => {
    const edges = ['a -> b', 'b -> c', 'x -> c']
    expect(closesCycle(edges, 'c', 'a')).toBe(true)
    expect(closesCycle(edges, 'a', 'a')).toBe(true)
    expect(closesCycle(edges, 'a', 'c')).toBe(false)
  })

  it('lists ancestors, nearest first', () => {
    expect(ancestors(['a -> b', 'b -> c', 'x -> c', 'c -> d'], 'c')).toEqual(['b', 'x', 'a'])
  })
})

import { describe, expect, it } from 'vitest'
import { boundsOf, layoutGraph, NODE_HEIGHT, NODE_WIDTH, positionsOf } from './layout'
import { sampleDocument } from './sample'

describe('layout', () => {
  it('puts every node right of what feeds it and never on another', () => {
    const ids = Array.from({ length: 300 }, (_, index) => `n${index}`)
    const edges = ids
      .slice(1)
      .flatMap((id, index) => [`n${Math.floor(index / 2)} -> ${id}`, `n${index % 7} -> ${id}`])
    const places = layoutGraph(ids, edges)
    for (const edge of edges) {
      const [source, target] = edge.split(' -> ')
      if (source !== target) {
        expect(places[target ?? '']?.[0]).toBeGreaterThan((places[source ?? '']?.[0] ?? 0) + NODE_WIDTH)
      }
    }
    const seen = new Set(Object.values(places).map(([x, y]) => `${x} ${y}`))
    expect(seen.size).toBe(300)
  })

  it('folds a very high column', () => {
    const leaves = Array.from({ length: 100 }, (_, index) => `leaf${index}`)
    const places = layoutGraph(
      ['root', ...leaves, 'end'],
      leaves.flatMap((id) => [`root -> ${id}`, `${id} -> end`]),
    )
    const heights = leaves.map((id) => places[id]?.[1] ?? 0)
    expect(Math.max(...heights) - Math.min(...heights)).toBeLessThan(30 * 104)
    expect(places.end?.[0]).toBeGreaterThan(Math.max(...leaves.map((id) => places[id]?.[0] ?? 0)))
  })

  it('moves a source next to the node it feeds', () => {
    const places = layoutGraph(['a', 'b', 'c', 'late'], ['a -> b', 'b -> c', 'late -> c'])
    expect(places.late?.[0]).toBe(places.b?.[0])
  })

  it('survives a circle and an edge to nowhere', () => {
    const places = layoutGraph(['a', 'b'], ['a -> b', 'b -> a', 'a -> gone'])
    expect(Object.keys(places).sort()).toEqual(['a', 'b'])
  })

  it('keeps written places and finds room for the others', () => {
    expect(positionsOf(sampleDocument)).toBe(sampleDocument.layout)
    const layout = { flights: [0, 0] as const, late: [288, 0] as const }
    const places = positionsOf({ ...sampleDocument, layout })
    expect(places.late).toBe(layout.late)
    expect(places.check?.[1]).toBeGreaterThanOrEqual(NODE_HEIGHT)
    expect(positionsOf({ ...sampleDocument, layout: undefined }).late?.[0]).toBeGreaterThan(0)
  })

  it('measures the whole picture', () => {
    expect(
      boundsOf([
        [0, 0],
        [100, 50],
      ]),
    ).toEqual({ x: 0, y: 0, width: 100 + NODE_WIDTH, height: 50 + NODE_HEIGHT })
    expect(boundsOf([])).toBeNull()
  })

  it('lays out 3,000 nodes in well under a second', () => {
    const ids = Array.from({ length: 3000 }, (_, index) => `n${index}`)
    const edges = ids.slice(1).map((id, index) => `n${Math.floor((index * 7) / 10)} -> ${id}`)
    const start = performance.now()
    layoutGraph(ids, edges)
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

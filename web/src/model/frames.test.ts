import { describe, expect, it } from 'vitest'
import {
  edgeNamed,
  graphAt,
  join,
  nameOfEdge,
  openGraphs,
  placesOf,
  split,
  toCanvas,
  toGraph,
} from './frames'
import type { NodeTypes } from './nodeType'
import { NO_ROOM, roomFor } from './room'
import type { Position, WorkflowDocument } from './workflow'

const types: NodeTypes = new Map()
const inner = { type: 'loop', body: { nodes: { deep: { type: 'set' } } } }
const document: WorkflowDocument = {
  concertmaster: 1,
  name: 'framed',
  nodes: {
    before: { type: 'set' },
    each: { type: 'loop', body: { nodes: { half: { type: 'set' }, inner }, edges: ['half -> inner'] } },
    after: { type: 'set' },
    below: { type: 'set' },
  },
  edges: ['before -> each', 'each -> after'],
  notes: { 'each/todo': { text: 'x', at: [0, 400], size: [208, 64] } },
  layout: {
    before: [0, 0],
    each: [288, 0],
    after: [576, 0],
    below: [288, 120],
    'each/half': [-40, 16],
    'each/inner': [248, 16],
    'each/inner/deep': [0, 0],
  },
}
const graphs = (...open: string[]) => openGraphs(document, new Set(open), types)

describe('names on the canvas', () => {
  it('are taken apart into graph and own name, and put together again', () => {
    for (const name of ['a', 'each/a', 'each/inner/a', 'note:x', 'note:each/x', 'group:each/inner/x']) {
      const { key, own } = split(name)
      expect(join(key, own)).toBe(name)
      expect(own).not.toContain('/')
    }
    expect(split('note:each/x')).toEqual({ key: 'each', own: 'note:x' })
    const edge = edgeNamed('each/half.error -> inner.in_2')
    expect(edge).toEqual({ source: 'each/half', outlet: 'error', target: 'each/inner', port: 'in_2' })
    expect(edge && nameOfEdge(edge)).toBe('each/half.error -> inner.in_2')
  })
})

describe('open containers', () => {
  it('leave everything where it is while none is open, and are not looked into', () => {
    const [whole, ...others] = graphs()
    expect(others).toEqual([])
    expect(whole?.room).toBe(NO_ROOM)
    expect(whole?.places.after).toEqual([576, 0])
    expect(graphs('gone', 'each/inner', 'before')).toHaveLength(1)
  })

  it('stand outer before inner, each with its content wholly inside', () => {
    const found = graphs('each', 'each/inner')
    expect(found.map(({ key }) => key)).toEqual(['', 'each', 'each/inner'])
    for (const { frame, places, sizes } of found.slice(1)) {
      for (const [name, [x, y]] of Object.entries(places)) {
        const { width, height } = sizes.get(name) ?? { width: 208, height: 64 }
        expect(x).toBeGreaterThan(frame?.x ?? Infinity)
        expect(y).toBeGreaterThan((frame?.y ?? Infinity) + 64)
        expect(x + width).toBeLessThan((frame?.x ?? 0) + (frame?.width ?? 0))
        expect(y + height).toBeLessThan((frame?.y ?? 0) + (frame?.height ?? 0))
      }
    }
    expect(Object.keys(placesOf(found))).toContain('note:each/todo')
  })

  it('keep the places within their graph, relative to each other', () => {
    const { half, inner: next } = graphs('each')[1]?.places ?? {}
    expect([(next?.[0] ?? 0) - (half?.[0] ?? 0), (next?.[1] ?? 0) - (half?.[1] ?? 0)]).toEqual([288, 0])
  })

  it('have room made for them by what follows and what is below, and by nothing else', () => {
    const [whole, each] = graphs('each')
    const { frame } = each ?? {}
    expect(whole?.places.before).toEqual([0, 0])
    expect(whole?.places.each).toEqual([288, 0])
    expect(whole?.places.after?.[0]).toBeGreaterThanOrEqual((frame?.x ?? 0) + (frame?.width ?? Infinity))
    expect(whole?.places.below?.[1]).toBeGreaterThanOrEqual((frame?.y ?? 0) + (frame?.height ?? Infinity))
  })

  it('are found by the pointer, the innermost first', () => {
    const found = graphs('each', 'each/inner')
    const [x, y] = placesOf(found)['each/inner/deep'] ?? [0, 0]
    expect(graphAt(found, [x, y])?.key).toBe('each/inner')
    expect(graphAt(found, [-50, -50])?.key).toBe('')
  })

  it('give the way back from the canvas for every place', () => {
    for (const graph of graphs('each', 'each/inner')) {
      for (let x = -200; x < 900; x += 56) {
        const at: Position = [x, x / 2]
        const [left, top] = toGraph(graph, toCanvas(graph, at))
        expect(Math.abs(left - at[0]) + Math.abs(top - at[1])).toBeLessThanOrEqual(1)
      }
    }
  })

  it('come to stand where they are dropped themselves', () => {
    const [whole] = graphs('each')
    if (!whole) throw new Error('no graph')
    // Further right than a card is wide: what it took of the row goes with it.
    expect(toGraph(whole, [388, 40], 'each')).toEqual([388, 40])
  })
})

it('rows and columns that lie over each other grow once, as far as the most needs', () => {
  const size = { width: 1000, height: 500 }
  const room = roomFor([
    { at: [0, 0], size },
    { at: [0, 200], size: { width: 600, height: 300 } },
  ])
  expect(room.there([208, 264])).toEqual([1000, 936])
  expect(room.there([-10, -10])).toEqual([-10, -10])
  expect(room.back([1000, 936])).toEqual([208, 264])
})

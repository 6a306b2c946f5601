import { describe, expect, it } from 'vitest'
import { align, anchored, type Box, behind, cardAt, distribute, guide, roomBetween } from './arrange'
import { NODE_HEIGHT, NODE_WIDTH } from './layout'
import type { Position } from './workflow'

/** The same numbers in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648
    return state % below
  }
}

function scatter(seed: number, count: number): Record<string, Position> {
  const next = numbers(seed)
  return Object.fromEntries(
    Array.from({ length: count }, (_, at): [string, Position] => [
      `n${at}`,
      [next(2000) - 1000, next(2000) - 1000],
    ]),
  )
}

const SEEDS = Array.from({ length: 50 }, (_, at) => at + 1)

describe('align', () => {
  it('gives all one edge and leaves the other axis alone', () => {
    for (const seed of SEEDS) {
      const places = scatter(seed, 2 + (seed % 6))
      const lefts = Object.values(places).map(([x]) => x)
      for (const [to, value] of [
        ['left', Math.min(...lefts)],
        ['right', Math.max(...lefts)],
        ['centre', Math.round((Math.min(...lefts) + Math.max(...lefts)) / 2)],
      ] as const) {
        const aligned = align(places, to)
        for (const id of Object.keys(places)) expect(aligned[id]).toEqual([value, places[id]?.[1]])
        expect(align(aligned, to)).toEqual(aligned)
      }
      const tops = Object.values(align(places, 'bottom')).map(([, y]) => y)
      expect(new Set(tops)).toEqual(new Set([Math.max(...Object.values(places).map(([, y]) => y))]))
    }
  })
})

describe('distribute', () => {
  it('makes equal steps between the outermost two, in the order they stood in', () => {
    for (const seed of SEEDS) {
      const places = scatter(seed, 3 + (seed % 6))
      const order = (of: Record<string, Position>) =>
        Object.entries(of)
          .sort(([, left], [, right]) => left[0] - right[0])
          .map(([id]) => id)
      const spread = distribute(places, 'x')
      const xs = Object.values(spread).map(([x]) => x)
      const steps = xs.slice(1).map((x, at) => x - (xs[at] ?? 0))
      expect(Math.max(...steps) - Math.min(...steps)).toBeLessThanOrEqual(1)
      const [first, last] = [order(places)[0] ?? '', order(places).at(-1) ?? '']
      expect(spread[first]).toEqual(places[first])
      expect(spread[last]).toEqual(places[last])
      for (const id of Object.keys(places)) expect(spread[id]?.[1]).toBe(places[id]?.[1])
    }
  })

  it('leaves two as they are', () => {
    const two = scatter(3, 2)
    expect(distribute(two, 'y')).toEqual(two)
  })
})

it('keeps the corner of what is laid out anew', () => {
  const moved = anchored({ a: [0, 0], b: [280, 40] }, { a: [500, 90], b: [400, 300] })
  expect(moved).toEqual({ a: [400, 90], b: [680, 130] })
})

describe('guide', () => {
  const reach = 6
  it('never moves further than it reaches, and what it shows is in line', () => {
    for (const seed of SEEDS) {
      const next = numbers(seed)
      const others = Object.values(scatter(seed, 8)).map(cardAt)
      const near = others[next(8)] as Box
      const box: Box = { ...near, x: near.x + next(11) - 5, y: near.y + next(400) }
      const { dx, dy, guides } = guide(box, others, reach)
      expect(Math.abs(dx)).toBeLessThanOrEqual(reach)
      expect(Math.abs(dy)).toBeLessThanOrEqual(reach)
      expect(guides.some((line) => line.axis === 'x')).toBe(true)
      const moved = { ...box, x: box.x + dx, y: box.y + dy }
      for (const { axis, at } of guides) {
        const side = axis === 'x' ? 'width' : 'height'
        const lines = (one: Box) => [one[axis], one[axis] + one[side] / 2, one[axis] + one[side]]
        expect(lines(moved)).toContain(at)
        expect(others.some((other) => lines(other).includes(at))).toBe(true)
      }
    }
  })

  it('says nothing where nothing is near', () => {
    expect(guide(cardAt([0, 0]), [cardAt([500, 300])], reach)).toEqual({ dx: 0, dy: 0, guides: [] })
  })
})

describe('room in a wire', () => {
  const edges = ['a -> b', 'b -> c', 'x -> b']
  it('is the middle when there is enough', () => {
    const room = roomBetween({ edges }, { a: [0, 0], b: [800, 80] }, { source: 'a', target: 'b' })
    expect(room).toEqual({ at: [400, 40], moved: {} })
  })

  it('is made by moving the target and all behind it', () => {
    const places = { a: [0, 0], b: [280, 0], c: [560, 0], x: [0, 120] } as const
    const { at, moved } = roomBetween({ edges }, places, { source: 'a', target: 'b' })
    expect(Object.keys(moved)).toEqual(['b', 'c'])
    expect(at[0]).toBeGreaterThan(NODE_WIDTH)
    expect(moved.b?.[0]).toBeGreaterThan(at[0] + NODE_WIDTH)
    expect((moved.c?.[0] ?? 0) - (moved.b?.[0] ?? 0)).toBe(280)
  })

  it('never covers either end, wherever it is wished', () => {
    for (const seed of SEEDS) {
      const next = numbers(seed)
      const places = { a: [0, 0], b: [NODE_WIDTH + next(500), next(200)] } as const
      const wish: Position = [next(900) - 200, next(300)]
      const { at, moved } = roomBetween({ edges: ['a -> b'] }, places, { source: 'a', target: 'b' }, wish)
      for (const other of [places.a, moved.b ?? places.b]) {
        const covered = Math.abs(other[0] - at[0]) < NODE_WIDTH && Math.abs(other[1] - at[1]) < NODE_HEIGHT
        expect(covered).toBe(false)
      }
    }
  })
})

it('finds everything behind a node once, circles or not', () => {
  expect(behind(['a -> b', 'b -> c', 'a -> c', 'c -> a'], 'a')).toEqual(['b', 'c'])
})

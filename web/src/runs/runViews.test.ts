import { describe, expect, it } from 'vitest'
import type { MadeValue } from '~/api/types'
import { fieldDifferences } from '~/pages/compare/fieldDiff'
import { secondsMore } from '~/pages/compare/nodeChanges'
import { lineAfterKey } from '~/ui/listKeys'
import { rolledUp } from './calledRuns'
import { PENDING } from './fold'
import { timeOfId } from './idTime'
import { lineageTree } from './lineageTree'
import { type NodeLine, sortedLines } from './nodeLines'
import { slowness, typicalOf } from './typical'

const made = (node: string, from: string[] = [], reads: string[] = []): MadeValue => ({
  node,
  outlet: 'out',
  kind: 'json',
  rows: null,
  bytes: 1,
  type: 'data.set@1',
  attempt: 1,
  at: null,
  inputs: from.map((source) => ({
    node: source,
    outlet: 'out',
    kind: 'json',
    rows: null,
    bytes: 1,
    port: 'in',
  })),
  reads,
  reused: null,
  also: [],
})

describe('lineage', () => {
  const items = [made('a'), made('b', ['a']), made('c', ['a', 'b']), made('d', [], ['c'])]
  const shape = (direction: 'up' | 'down', node: string) =>
    lineageTree(items, node, 'out', direction).map(
      ({ node, depth, again }) => `${depth} ${node}${again ? ' again' : ''}`,
    )

  it('goes back by wires and by what configs read', () => {
    expect(shape('up', 'd')).toEqual(['0 c', '1 a', '1 b', '2 a again'])
  })

  it('goes on to what was made of a value', () => {
    expect(shape('down', 'a')).toEqual(['0 b', '1 c', '2 d', '0 c again'])
    expect(shape('down', 'd')).toEqual([])
  })
})

describe('the table of nodes', () => {
  const line = (
    id: string,
    duration: number | null,
    status: NodeLine['view']['status'] = 'succeeded',
  ): NodeLine => ({
    id,
    title: id,
    type: 't',
    view: { ...PENDING, status },
    attempts: null,
    rowsIn: null,
    rowsOut: null,
    bytes: null,
    duration,
    typical: null,
    usual: null,
    waited: null,
    logs: null,
  })
  const lines = [line('a', 5), line('b', null), line('c', 9, 'failed'), line('d', 1)]

  it('sorts either way with what has no value last', () => {
    expect(sortedLines(lines, 'duration', false).map(({ id }) => id)).toEqual(['d', 'a', 'c', 'b'])
    expect(sortedLines(lines, 'duration', true).map(({ id }) => id)).toEqual(['c', 'a', 'd', 'b'])
  })

  it('has what is wrong first by status', () => {
    expect(sortedLines(lines, 'status', false)[0]?.id).toBe('c')
  })
})

it('calls slow only what is far from usual and long enough to be noticed', () => {
  const usual = { half: 1_000, most: 2_000 }
  expect([900, 1_900, 2_100, 9_000].map((ms) => slowness(ms, usual))).toEqual([null, null, 2.1, 9])
  expect(slowness(40, { half: 1, most: 2 })).toBeNull()
  expect(slowness(9_000, null)).toBeNull()
})

it('takes what is usual from the other runs that succeeded', () => {
  const took = (execution: string, seconds: number, status: 'succeeded' | 'failed' = 'succeeded') => ({
    execution,
    at: '2026-01-01T00:00:00Z',
    seconds,
    status,
    reused: false,
  })
  const last = [took('own', 90), took('a', 1), took('b', 3), took('c', 2), took('d', 50, 'failed')]
  const told = { p50: null, p95: null, last }
  const typical = typicalOf(
    { workflow: 'w', run: told, nodes: { n: { ...told, last: last.slice(0, 3) } } },
    'own',
  )
  expect(typical).toEqual({ run: { half: 2_000, most: 3_000 }, nodes: {} })
})

it('compares JSON field by field, lists as a whole', () => {
  expect(fieldDifferences({ a: { b: 1, c: [1] }, d: 1 }, { a: { b: 2, c: [1, 2] }, e: 1 })).toEqual([
    { path: 'a.b', values: [1, 2] },
    { path: 'a.c', values: [[1], [1, 2]] },
    { path: 'd', values: [1, undefined] },
    { path: 'e', values: [undefined, 1] },
  ])
  expect(fieldDifferences({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toEqual([])
})

it('speaks of durations only where they differ by more than chance', () => {
  expect(secondsMore({ seconds: [0.9, 0.1] })).toBeNull()
  expect(secondsMore({ seconds: [10, 9] })).toBeNull()
  expect(secondsMore({ seconds: [10, 4] })).toBe(6)
  expect(secondsMore({ seconds: [null, 4] })).toBeNull()
})

it('rolls statuses up to what matters most', () => {
  expect(rolledUp(['succeeded', 'running', 'failed'])).toBe('failed')
  expect(rolledUp(['succeeded', 'waiting'])).toBe('waiting')
  expect(rolledUp([])).toBeNull()
})

it('reads when a run was made from its id', () => {
  expect(timeOfId('01a22e34-9305-74a4-be3e-7c8c8593e0f7')).toMatch(/^2026-11-30T/)
  expect(timeOfId('not-an-id')).toBeNull()
})

it('moves through lists by keys', () => {
  expect(
    ['ArrowDown', 'ArrowUp', 'Home', 'End', 'PageDown', 'x'].map((key) => lineAfterKey(key, 3, 30)),
  ).toEqual([4, 2, 0, 29, 13, null])
  expect(lineAfterKey('ArrowDown', 0, 0)).toBeNull()
})

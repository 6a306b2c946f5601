import { expect, test } from 'vitest'
import { type NodeRunView, PENDING } from './fold'
import { rowsIn } from './rowsIn'

const at = (second: number) => `2026-01-01T00:00:0${second}Z`
const done = (rows: number | null, second: number): NodeRunView => ({
  ...PENDING,
  status: 'succeeded',
  startedAt: at(0),
  endedAt: at(second),
  outputs: { out: { kind: 'table', rows, bytes: rows === null ? null : 10 * rows, columns: [] } },
})

test('counts what was on the wires when the node began', () => {
  const document = {
    concertmaster: 1 as const,
    name: 'w',
    nodes: {},
    edges: [
      'a -> c',
      'b -> c.right',
      'late -> c',
      'pending -> c',
      'c -> d',
      'a -> e',
      'planned -> e',
      'a -> f',
      'b -> f',
    ],
  }
  const views: Record<string, NodeRunView> = {
    a: done(3, 1),
    b: done(4, 2),
    late: done(50, 5),
    pending: PENDING,
    c: { ...PENDING, startedAt: at(2) },
    planned: done(null, 1),
    d: PENDING,
    e: { ...PENDING, startedAt: at(2) },
    f: { ...PENDING, startedAt: at(2) },
  }
  const count = (node: string) => {
    const rows = rowsIn(node, document, (name) => views[name])
    return rows && Object.fromEntries(rows)
  }
  expect(count('c')).toEqual({ in: 3, right: 4 })
  expect(count('f')).toEqual({ in: 7 })
  expect(count('a')).toBeUndefined()
  expect(count('d')).toBeUndefined()
  expect(count('e')).toEqual({ in: null })
  expect(rowsIn('c', null, (name) => views[name])).toBeUndefined()
})

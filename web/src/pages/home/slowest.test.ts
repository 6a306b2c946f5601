import { expect, it } from 'vitest'
import type { SlowExecution } from '~/api/types'
import { slowForTheirs } from './slowest'

const slow = (id: string, seconds: number, typical_seconds: number | null) =>
  ({ id, seconds, typical_seconds }) as SlowExecution

it('orders by how far above the typical a run is, and leaves out what is not', () => {
  const runs = [
    slow('long but usual', 900, 850),
    slow('ten times', 10, 1),
    slow('new', 50, null),
    slow('twice', 60, 30),
  ]
  expect(slowForTheirs(runs, 5).map((run) => [run.id, run.factor])).toEqual([
    ['ten times', 10],
    ['twice', 2],
  ])
  expect(slowForTheirs(runs, 1)).toHaveLength(1)
  expect(slowForTheirs([slow('no time at all', 1, 0)], 5)).toEqual([])
})

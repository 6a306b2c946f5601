import { expect, it } from 'vitest'
import { runningOrder } from './actions/neighbours'

it('goes through nodes as they run, and leaves none out that is on a circle', () => {
  const nodes = Object.fromEntries(['c', 'b', 'a', 'x', 'y'].map((name) => [name, { type: 't' }]))
  const edges = ['a -> b', 'b -> c', 'x -> y', 'y -> x']
  expect(runningOrder({ concertmaster: 1, name: 'w', nodes, edges })).toEqual(['a', 'b', 'c', 'x', 'y'])
})

import { describe, expect, it } from 'vitest'
import type { RunEvent } from '~/api/types'
import { runEvent } from '~/testing/fakeStream'
import { PENDING } from './fold'
import { foldInto, type Views } from './foldViews'
import { countUntil } from './moments'
import { RunStatusStore } from './state'
import { PastStates } from './timeTravel'

const KINDS = [
  'node.started',
  'node.progress',
  'node.succeeded',
  'node.retrying',
  'node.failed',
  'node.skipped',
]
const IDS = Array.from({ length: 7 }, (_, index) => `n${index}`)

/** A journal of any kinds in any order: the fold has to be the same whichever way one comes to a moment. */
const journal: RunEvent[] = Array.from({ length: 1_800 }, (_, index) => {
  const random = (index * 2_654_435_761) % 4_294_967_296
  if (index % 311 === 310) {
    return runEvent(index + 1, 'execution.retried', {
      node: null,
      data: { generation: 2, nodes: { n1: 1, n2: 1 } },
    })
  }
  return runEvent(index + 1, KINDS[random % KINDS.length], {
    node: IDS[Math.floor(random / 7) % IDS.length] ?? 'n0',
    data: { attempt: (random % 3) + 1, done: random % 10, total: 10, reason: 'r', outputs: {} },
  })
})

function plainly(count: number): Views {
  const views: Views = new Map(IDS.map((id) => [id, PENDING]))
  for (const event of journal.slice(0, count)) foldInto(views, event)
  return views
}

describe('states of the past', () => {
  it('are those of a plain fold, whatever was looked at before', () => {
    const past = new PastStates(IDS)
    for (const seq of [0, 1_800, 3, 1_799, 500, 499, 501, 1_200, 1_200, 40, 1_000, 1]) {
      expect([seq, [...past.at(journal, seq)]]).toEqual([seq, [...plainly(seq)]])
    }
  })

  it('never change one that was given out', () => {
    const past = new PastStates(IDS)
    const early = past.at(journal, 10)
    const before = [...early]
    past.at(journal, 1_500)
    expect([...early]).toEqual(before)
  })

  it('of a journal that is still being read are as far as it goes', () => {
    expect([...new PastStates(IDS).at(journal.slice(0, 20), 900)]).toEqual([...plainly(20)])
  })
})

it('tells only the nodes that look different at the other moment', () => {
  const store = new RunStatusStore()
  const told: string[] = []
  for (const id of ['n0', 'n1']) store.subscribe(id, () => told.push(id))
  const first: Views = new Map([
    ['n0', PENDING],
    ['n1', PENDING],
  ])
  store.show(first)
  told.length = 0
  const second = new Map(first)
  foldInto(second, runEvent(1, 'node.started', { node: 'n1', data: { attempt: 1 } }))
  store.show(second)
  expect(told).toEqual(['n1'])
  expect(store.get('n1')?.status).toBe('running')
  expect(store.progress()).toBe('0/2')
})

it('finds the last of what had happened by a moment', () => {
  const times = [1, 2, 2, 5]
  const count = (time: number) => countUntil(times, time, (one) => one)
  expect([0, 1, 2, 4.9, 5, 9].map(count)).toEqual([0, 1, 3, 3, 4, 4])
})

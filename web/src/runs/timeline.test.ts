import { describe, expect, it } from 'vitest'
import { runEvent } from '~/testing/fakeStream'
import { type NodeRunView, PENDING } from './fold'
import { tracksOf } from './segments'
import { panned, placeIn, ticksOf, zoomed } from './timelineRange'
import { timelineRows } from './timelineRows'

const AT = Date.parse('2026-01-01T00:00:00Z')
const iso = (ms: number) => new Date(AT + ms).toISOString()
const ran = (from: number, to: number | null): NodeRunView => ({
  ...PENDING,
  status: to === null ? 'running' : 'succeeded',
  attempt: 1,
  startedAt: iso(from),
  endedAt: to === null ? null : iso(to),
})
const options = { sort: 'start' as const, now: AT + 100, titleOf: (id: string) => id, apart: true }

describe('the time axis', () => {
  const whole = { from: AT, to: AT + 12_000 }

  it('has a handful of round ticks, fewer where there is less room', () => {
    expect(ticksOf(whole, AT, 640).map((tick) => tick.ms)).toEqual([
      0, 2000, 4000, 6000, 8000, 10_000, 12_000,
    ])
    expect(ticksOf(whole, AT, 200).map((tick) => tick.ms)).toEqual([0, 10_000])
    expect(ticksOf(whole, AT, 0).length).toBe(1)
  })

  it('counts from the origin also when only a part is shown', () => {
    const ticks = ticksOf({ from: AT + 4_100, to: AT + 5_100 }, AT, 640)
    expect(ticks.map((tick) => tick.ms)).toEqual([4200, 4400, 4600, 4800, 5000])
    expect(ticks[0]?.at).toBeCloseTo(0.1)
  })

  it('zooms around a place, back to the whole, and never out of it', () => {
    const near = zoomed(whole, 4, 0.5, whole)
    expect(near).toEqual({ from: AT + 4_500, to: AT + 7_500 })
    expect(zoomed(near ?? whole, 1 / 8, 0.5, whole)).toBeNull()
    expect(panned({ from: AT, to: AT + 3_000 }, -1, whole)).toEqual({ from: AT, to: AT + 3_000 })
    expect(panned({ from: AT, to: AT + 3_000 }, 9, whole)).toEqual({ from: AT + 9_000, to: AT + 12_000 })
  })

  it('never divides by zero, however short the run', () => {
    const nothing = { from: AT, to: AT }
    expect(placeIn(nothing, AT)).toBe(0)
    expect(zoomed(nothing, 2, 0.5, nothing)).toBeNull()
  })
})

describe('the rows', () => {
  it('are the nodes that have begun, by start, while the journal is on its way', () => {
    const rows = timelineRows(
      [
        ['late', ran(50, 60)],
        ['never', PENDING],
        ['first', ran(0, null)],
      ],
      new Map(),
      options,
    )
    expect(rows.map(({ id, to }) => [id, to])).toEqual([
      ['first', null],
      ['late', AT + 60],
    ])
  })

  it('are sorted by duration and end too', () => {
    const entries: [string, NodeRunView][] = [
      ['a', ran(0, 10)],
      ['b', ran(5, 95)],
      ['c', ran(20, null)],
    ]
    const order = (sort: 'duration' | 'end' | 'name') =>
      timelineRows(entries, new Map(), { ...options, sort, titleOf: (id) => (id === 'c' ? 'A' : id) }).map(
        ({ id }) => id,
      )
    expect(order('duration')).toEqual(['b', 'c', 'a'])
    expect(order('end')).toEqual(['a', 'b', 'c'])
    expect(order('name')[0]).toMatch(/a|c/)
  })

  it('have one below them for each of several attempts, and what failed in it', () => {
    const data = { attempt: 1, error: { code: 'x', message: 'down' }, due_at: iso(30) }
    const tracks = tracksOf([
      runEvent(1, 'node.started', { at: iso(0), data: { attempt: 1 } }),
      runEvent(2, 'node.retrying', { at: iso(10), data }),
      runEvent(3, 'node.started', { at: iso(30), data: { attempt: 2 } }),
      runEvent(4, 'node.succeeded', { at: iso(40), data: { attempt: 2, started_at: iso(30) } }),
    ])
    const rows = timelineRows([['a', ran(0, 40)]], tracks, options)
    expect(
      rows.map(({ attempt, failure, from, to }) => [attempt, failure, from - AT, (to ?? 0) - AT]),
    ).toEqual([
      [null, null, 0, 40],
      [1, 'down', 0, 10],
      [2, null, 30, 40],
    ])
    expect(timelineRows([['a', ran(0, 40)]], tracks, { ...options, apart: false })).toHaveLength(1)
  })
})

import { describe, expect, it } from 'vitest'
import { type NodeRunView, PENDING } from './fold'
import { timelineRows, timelineScale } from './timelineRows'

const AT = Date.parse('2026-01-01T00:00:00Z')
const iso = (ms: number) => new Date(AT + ms).toISOString()
const ran = (from: number, to: number | null): NodeRunView => ({
  ...PENDING,
  status: to === null ? 'running' : 'succeeded',
  startedAt: iso(from),
  endedAt: to === null ? null : iso(to),
})

describe('timeline', () => {
  it('has a handful of round ticks over the whole run', () => {
    const { ticks } = timelineScale(iso(0), iso(12_000), AT, 640)
    expect(ticks.map((tick) => tick.ms)).toEqual([0, 2000, 4000, 6000, 8000, 10_000, 12_000])
    expect(ticks.at(-1)?.at).toBe(1)
  })

  it('has fewer ticks where there is less room', () => {
    expect(timelineScale(iso(0), iso(12_000), AT, 200).ticks.map((tick) => tick.ms)).toEqual([0, 10_000])
    expect(timelineScale(iso(0), iso(12_000), AT, 0).ticks.length).toBe(1)
  })

  it('never divides by zero, however short the run', () => {
    const scale = timelineScale(iso(0), iso(0), AT, 640)
    expect(scale.end).toBeGreaterThan(scale.start)
    expect(timelineRows([['a', ran(0, 0)]], scale, AT)).toMatchObject([{ from: 0, to: 0 }])
  })

  it('keeps the order of what ran within one millisecond', () => {
    const at = (micros: string): [string, NodeRunView] => [
      micros,
      { ...ran(0, 0), startedAt: `2026-01-01T00:00:00.001${micros}Z` },
    ]
    const rows = timelineRows(
      [at('900'), at('85'), at('100'), at('')],
      timelineScale(iso(0), iso(9), AT, 640),
      AT,
    )
    expect(rows.map((row) => row.id)).toEqual(['', '100', '85', '900'])
  })

  it('orders by start, leaves out what has not started and runs open bars up to now', () => {
    const now = AT + 10_000
    const scale = timelineScale(iso(0), null, now, 640)
    const rows = timelineRows(
      [
        ['late', ran(5000, null)],
        ['not', PENDING],
        ['early', ran(0, 2500)],
      ],
      scale,
      now,
    )
    expect(rows.map((row) => [row.id, row.from, row.to])).toEqual([
      ['early', 0, 0.25],
      ['late', 0.5, 1],
    ])
  })
})

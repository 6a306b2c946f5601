import { describe, expect, it } from 'vitest'
import type { Histogram } from '~/api/types'
import { barsOf, GROUPS, rangeOf, totalAt } from './groups'

const HISTOGRAM: Histogram = {
  complete: true,
  items: [
    { at: '2026-03-01T10:00:00Z', seconds_wide: 900, counts: { succeeded: 5, failed: 1, interrupted: 2 } },
    { at: '2026-03-01T10:15:00Z', seconds_wide: 900, counts: {} },
    { at: '2026-03-01T10:30:00Z', seconds_wide: 900, counts: { queued: 1, running: 2, cancelled: 4 } },
  ],
}

describe('barsOf', () => {
  it('puts every status into one group, and loses none', () => {
    const bars = barsOf(HISTOGRAM)
    expect(bars.counts).toEqual({
      failed: [3, 0, 0],
      cancelled: [0, 0, 4],
      open: [0, 0, 3],
      succeeded: [5, 0, 0],
    })
    expect([bars.total, bars.failed]).toEqual([15, 3])
    expect([0, 1, 2].map((index) => totalAt(bars, index))).toEqual([8, 0, 7])
  })

  it('counts the chosen statuses only', () => {
    const bars = barsOf(HISTOGRAM, ['interrupted', 'queued'])
    expect(GROUPS.map((group) => bars.counts[group])).toEqual([
      [2, 0, 0],
      [0, 0, 0],
      [0, 0, 1],
      [0, 0, 0],
    ])
  })

  it('has nothing where there is nothing', () => {
    expect(barsOf({ complete: true, items: [] })).toMatchObject({ at: [], total: 0 })
  })
})

describe('rangeOf', () => {
  it('reaches from the begin of the first bar to the end of the last', () => {
    expect(rangeOf(barsOf(HISTOGRAM), 1, 2)).toEqual({
      since: '2026-03-01T10:15:00.000Z',
      until: '2026-03-01T10:45:00.000Z',
    })
  })
})

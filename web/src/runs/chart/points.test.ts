import { describe, expect, it } from 'vitest'
import type { Chart, ChartPoint } from '~/api/types'
import { instantTexts } from './axes'
import { firstChoice, placeOf, pointConditions, pointText } from './points'

const bin = (start: unknown, end: unknown): ChartPoint => ({ x: null, start, end, rows: 1, value: 1 })
const chart = (kind: Chart['kind'], type: string, points: ChartPoint[]): Chart => ({
  kind,
  x: { name: 'x', type },
  y: null,
  agg: 'count',
  points,
  rows: 1,
  empty: 0,
  others: null,
})

describe('points of a chart', () => {
  it.each([
    ['7', 'int64', 7],
    ['2013-01-02', 'date', 1357084800],
    ['2013-01-01T05:00:00.500000', 'datetime[us]', 1357016400.5],
    ['2013-01-01T05:00:00+01:00', 'datetime[us, Europe/Paris]', 1357016400],
    ['06:30:00', 'time', 23_400],
    ['P1DT1H', 'duration[us]', 90_000],
    ['-PT1M1.5S', 'duration[us]', -61.5],
  ])('%s of %s is at %d', (value, type, place) => expect(placeOf(value, type)).toBe(place))

  it('say whole numbers up to the last that is in them', () => {
    const points = [bin(0, 10), bin(10, 11), bin(11, 12)]
    const whole = chart('bins', 'int64', points)
    expect(points.map((point) => pointText(point, whole))).toEqual(['0 to 9', '10', '11 to 12'])
    expect(pointText(bin(0.1, 0.30000000000000004), chart('bins', 'float64', []))).toBe('0.1 to 0.3')
  })

  it('lead to their rows: the end belongs to the next, but that of the last', () => {
    const points = [bin(0, 10), bin(10, 20)]
    const ops = points.map((point) =>
      pointConditions(chart('bins', 'int64', points), point).map(({ op }) => op),
    )
    expect(ops).toEqual([
      ['ge', 'lt'],
      ['ge', 'le'],
    ])
    const value = { ...bin(null, null), x: 'Oslo' }
    expect(pointConditions(chart('values', 'string', [value]), value)).toEqual([
      { column: 'x', op: 'eq', value: 'Oslo' },
    ])
    expect(pointConditions(chart('values', 'string', []), { ...value, x: 'cut …' })).toEqual([])
  })

  it('are first those over time, else of values, else a histogram', () => {
    const [text, number, time, nested] = [
      { name: 'city', type: 'string' },
      { name: 'n', type: 'int64' },
      { name: 'at', type: 'datetime[us]' },
      { name: 'all', type: 'list[int64]' },
    ]
    expect(firstChoice([text, number, time])).toMatchObject({ x: 'at', mark: 'line' })
    expect(firstChoice([number, text])).toMatchObject({ x: 'city', mark: 'bars' })
    expect(firstChoice([nested, number])?.x).toBe('n')
    expect(firstChoice([nested])).toBeNull()
  })
})

describe('the ticks of a time axis', () => {
  const ticks = (first: string, step: number) =>
    instantTexts(
      [0, 1, 2].map((place) => Date.parse(first) / 1000 + place * step),
      step,
    )

  it.each([
    ['2013-12-31T00:00Z', 86_400, ['Dec 31\n2013', 'Jan 1\n2014', 'Jan 2']],
    ['2013-01-01T22:30Z', 3600, ['22:30\nJan 1', '23:30', '00:30\nJan 2']],
    ['2013-01-01T00:00Z', 31_536_000, ['2013', '2014', '2015']],
  ])('from %s by %d seconds', (first, step, texts) => expect(ticks(first, step)).toEqual(texts))
})

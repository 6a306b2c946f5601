import { describe, expect, it } from 'vitest'
import type { LogLine } from '~/api/types'
import { ansiParts, plainText } from './ansi'
import { jsonOf } from './logJson'
import { logRows, matcherOf, severity } from './logRows'
import { EMPTY_LOG, type LogWindow, trimmed, withLines, withoutHole } from './logWindow'

const line = (n: number, more: Partial<LogLine> = {}): LogLine => ({
  n,
  node: 'a',
  attempt: 1,
  at: '2026-01-01T00:00:00Z',
  level: 'info',
  text: `line ${n}`,
  ...more,
})
const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => line(from + index))
const shape = ({ lines, holes }: LogWindow) =>
  lines.map(({ n }) => `${n}${holes.has(n) ? '…' : ''}`).join(' ')

describe('the part of a log that is there', () => {
  it('grows at either end without a gap', () => {
    const tail = withLines(EMPTY_LOG, lines(8, 9))
    const older = withLines(tail, lines(6, 7), { after: true })
    expect(shape(withLines(older, lines(10, 11), { before: true }))).toBe('6 7 8 9 10 11')
  })

  it('marks where lines are missing, and no longer once they are there', () => {
    const far = withLines(withLines(EMPTY_LOG, lines(1, 2)), lines(8, 9))
    expect(shape(far)).toBe('1 2… 8 9')
    const some = withLines(withoutHole(far, 2), lines(3, 4), { before: true })
    expect(shape(some)).toBe('1 2 3 4… 8 9')
    expect(shape(withLines(withoutHole(some, 4), lines(5, 7), { before: true, after: true }))).toBe(
      '1 2 3 4 5 6 7 8 9',
    )
  })

  it('keeps a gap that newly loaded lines do not close, wherever they overlap', () => {
    const far = withLines(withLines(EMPTY_LOG, lines(1, 3)), lines(9, 9))
    expect(shape(withLines(far, lines(2, 5)))).toBe('1 2 3 4 5… 9')
    expect(shape(withLines(far, lines(7, 9)))).toBe('1 2 3… 7 8 9')
    expect(shape(withLines(far, lines(5, 6)))).toBe('1 2 3… 5 6… 9')
  })

  it('lets go of its oldest lines when there are too many', () => {
    const kept = trimmed({ ...withLines(EMPTY_LOG, lines(1, 5)), whole: true }, 3)
    expect(shape(kept)).toBe('3 4 5')
    expect(kept.whole).toBe(false)
  })
})

describe('the rows of a log', () => {
  const all = withLines(EMPTY_LOG, [
    line(1, { node: 'b' }),
    line(2, { attempt: 2, level: 'ERROR' }),
    line(3, { node: 'b', text: 'Other' }),
  ])
  const options = { matches: () => true, grouped: true, folded: new Set<string>() }

  it('are grouped by node and attempt with the worst level, and fold', () => {
    const rows = logRows(all, options)
    expect(rows.map((row) => row.key)).toEqual(['b 1', 'l1', 'l3', 'a 2', 'l2'])
    expect(rows[3]).toMatchObject({ kind: 'group', worst: 'error', count: 1 })
    expect(logRows(all, { ...options, folded: new Set(['b 1']) }).map((row) => row.key)).toEqual([
      'b 1',
      'a 2',
      'l2',
    ])
  })

  it('are found by text and by regular expression; what is none says so', () => {
    expect(matcherOf('oth', false)?.('Other')).toBe(true)
    expect(matcherOf('^o.*r$', true)?.('Other')).toBe(true)
    expect(matcherOf('a.c', false)?.('abc')).toBe(false)
    expect(matcherOf('(', true)).toBeNull()
  })

  it('know their levels in any case, and take unknown ones for info', () => {
    expect(['DEBUG', 'notice', 'warning', 'Critical'].map(severity)).toEqual([0, 1, 2, 3])
  })
})

describe('colours in a line', () => {
  const start = '\u001b'

  it('become parts, and other sequences nothing', () => {
    expect(ansiParts(`${start}[1;31mbad${start}[0m and ${start}[2Kgood`)).toEqual([
      { text: 'bad', colour: 1, bold: true, dim: false },
      { text: ' and ', colour: null, bold: false, dim: false },
      { text: 'good', colour: null, bold: false, dim: false },
    ])
    expect(plainText(`${start}]0;title\u0007${start}[38;5;196mred${start}[39m`)).toBe('red')
  })

  it('of 256 and of all become the nearest of sixteen, or the own one', () => {
    expect(ansiParts(`${start}[38;5;196mx`)[0]?.colour).toBe(9)
    expect(ansiParts(`${start}[38;2;1;2;3mx${start}[92my`).map((part) => part.colour)).toEqual([null, 10])
  })
})

it('takes only whole objects and lists for JSON', () => {
  expect(jsonOf(' {"a": [1]}')).toEqual({ a: [1] })
  expect([jsonOf('12'), jsonOf('{a}'), jsonOf('[1] and more')]).toEqual([null, null, null])
})

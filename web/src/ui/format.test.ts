import { describe, expect, it } from 'vitest'
import { elapsed, formatBytes, formatCompact, formatDuration, formatRelative } from './format'

describe('format', () => {
  it.each([
    [0.4, '<1 ms'],
    [8.4, '8 ms'],
    [1432, '1.4 s'],
    [59_900, '59 s'],
    [125_000, '2 min 5 s'],
    [11_520_000, '3 h 12 min'],
    [187_200_000, '2 d 4 h'],
  ])('duration %d', (ms, text) => expect(formatDuration(ms)).toBe(text))

  it.each([
    [999, '999 B'],
    [1000, '1.0 kB'],
    [123_456, '123 kB'],
    [12_345_678, '12.3 MB'],
  ])('bytes %d', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

  it.each([
    [999, '999'],
    [12_400, '12.4k'],
    [1_200_000, '1.2M'],
  ])('compact %d', (value, text) => expect(formatCompact(value)).toBe(text))

  it('relative times go both ways', () => {
    const now = Date.parse('2026-01-02T00:00:00Z')
    expect(formatRelative('2026-01-01T23:59:58Z', now)).toBe('just now')
    expect(formatRelative('2026-01-01T23:57:00Z', now)).toBe('3 minutes ago')
    expect(formatRelative('2026-01-01T00:00:00Z', now)).toBe('yesterday')
    expect(formatRelative('2026-01-02T00:00:30Z', now)).toBe('in 30 seconds')
    expect(formatRelative('2026-01-02T00:00:02Z', now)).toBe('in 2 seconds')
  })

  it('elapsed runs on while there is no end and never goes below zero', () => {
    const now = Date.parse('2026-01-01T00:00:10Z')
    expect(elapsed(null, null, now)).toBeNull()
    expect(elapsed('2026-01-01T00:00:00Z', null, now)).toBe(10_000)
    expect(elapsed('2026-01-01T00:00:00Z', '2026-01-01T00:00:02Z', now)).toBe(2000)
    expect(elapsed('2026-01-01T00:00:11Z', null, now)).toBe(0)
  })
})

import { describe, expect, it } from 'vitest'
import type { ExecutionSummary } from '~/api/types'
import { filterOf, isFiltered, letsThrough, parseRunsSearch } from './filter'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const RUN: ExecutionSummary = {
  id: '1',
  workflow: 'w',
  version: 3,
  status: 'failed',
  trigger: { type: 'schedule' },
  created_at: '2026-03-01T11:00:00.000000Z',
  started_at: '2026-03-01T11:00:00.000000Z',
  ended_at: '2026-03-01T11:00:10.000000Z',
  seq: 9,
  priority: 0,
  parent: null,
  partial: false,
  error: { code: 'http.status', message: 'The server said 503', node: 'get' },
}

describe('parseRunsSearch', () => {
  it('reads every filter', () => {
    const raw = {
      workflow: 'w',
      status: 'failed,cancelled',
      called: false,
      version: 3,
      trigger: 'schedule',
      error: '503',
      min: 1.5,
      max: 20,
      since: '2026-03-01T10:00:00Z',
      until: '2026-03-01T12:00:00.000Z',
    }
    expect(filterOf(parseRunsSearch(raw))).toEqual({
      workflow: 'w',
      status: ['failed', 'cancelled'],
      backfill: undefined,
      called: false,
      version: 3,
      trigger: 'schedule',
      error: '503',
      min_seconds: 1.5,
      max_seconds: 20,
      last: undefined,
      since: '2026-03-01T10:00:00.000Z',
      until: '2026-03-01T12:00:00.000Z',
    })
  })

  it('is the same when it is read again', () => {
    const once = parseRunsSearch({
      status: ['failed', 'queued', 'nonsense'],
      last: '7d',
      min: '3',
      error: 12,
    })
    expect(parseRunsSearch({ ...once })).toEqual(once)
    expect(once).toMatchObject({ status: 'queued,failed', last: '7d', min: 3, error: '12' })
  })

  it('leaves out what makes no sense, and never throws', () => {
    const odd: unknown[] = [null, undefined, '', [], {}, Number.NaN, -1, true, 'x'.repeat(5000), 1e300, '💥']
    const keys = ['workflow', 'status', 'version', 'trigger', 'error', 'min', 'max', 'last', 'since', 'until']
    for (const value of odd) {
      const found = parseRunsSearch(Object.fromEntries(keys.map((key) => [key, value])))
      expect(found.status).toBeUndefined()
      expect(found.last).toBeUndefined()
      expect(found.since).toBeUndefined()
      expect(found.version === undefined || found.version >= 1).toBe(true)
      expect((found.error ?? '').length).toBeLessThanOrEqual(200)
    }
  })

  it('drops the end of a range that holds nothing, which the server would refuse', () => {
    expect(parseRunsSearch({ min: 5, max: 1 })).toMatchObject({ min: 5, max: undefined })
    const since = '2026-03-01T10:00:00.000Z'
    expect(parseRunsSearch({ since, until: since })).toMatchObject({ since, until: undefined })
    expect(parseRunsSearch({ since, last: '1h' })).toMatchObject({ last: '1h', since: undefined })
  })

  it('filters nothing by itself', () => {
    expect(isFiltered(parseRunsSearch({}))).toBe(false)
    expect(isFiltered(parseRunsSearch({ called: false }))).toBe(true)
  })
})

describe('letsThrough', () => {
  it.each([
    [{}, true],
    [{ status: 'failed,cancelled' }, true],
    [{ status: 'cancelled' }, false],
    [{ workflow: 'other' }, false],
    [{ version: 3 }, true],
    [{ version: 2 }, false],
    [{ trigger: 'manual' }, false],
    [{ error: 'SAID 503' }, true],
    [{ error: 'http.status' }, true],
    [{ error: '404' }, false],
    [{ min: 10, max: 10 }, true],
    [{ min: 11 }, false],
    [{ max: 9 }, false],
    [{ until: '2026-03-01T11:00:00.000Z' }, false],
    [{ until: '2026-03-01T11:00:00.001Z' }, true],
  ])('%o: %s', (search, expected) => {
    expect(letsThrough(search, RUN, NOW)).toBe(expected)
  })

  it('measures a run that goes on until now, and none that has not begun', () => {
    expect(letsThrough({ min: 3600 }, { ...RUN, ended_at: null }, NOW)).toBe(true)
    expect(letsThrough({ min: 0 }, { ...RUN, started_at: null, ended_at: null }, NOW)).toBe(false)
  })
})

import { describe, expect, it } from 'vitest'
import type { ExecutionSummary } from '~/api/types'
import { freshRuns, isLoaded, newest } from './useRunRows'

function run(id: string, seq: number, more: Partial<ExecutionSummary> = {}): ExecutionSummary {
  return {
    id,
    workflow: 'w',
    version: 1,
    status: 'running',
    trigger: { type: 'manual' },
    created_at: `2026-01-01T00:00:0${id}Z`,
    started_at: null,
    ended_at: null,
    seq,
    priority: 0,
    partial: false,
    parent: null,
    error: null,
    ...more,
  }
}
const changed = (...runs: ExecutionSummary[]) => new Map(runs.map((item) => [item.id, item]))
const NOW = Date.parse('2026-01-02T00:00:00Z')

describe('newest', () => {
  it('is the newer state of a row, and never an older one', () => {
    const log = changed(run('2', 6, { status: 'succeeded' }), run('1', 4, { status: 'queued' }))
    expect([run('2', 5), run('1', 5)].map((row) => newest(row, log).status)).toEqual(['succeeded', 'running'])
  })
})

describe('freshRuns', () => {
  it('counts runs newer than the first row that match the filter', () => {
    const loaded = [run('5', 1)]
    const log = changed(run('6', 1), run('7', 1, { workflow: 'other' }), run('3', 1))
    expect(freshRuns(loaded, log, { workflow: 'w' }, NOW)).toBe(1)
    expect(freshRuns(loaded, log, {}, NOW)).toBe(2)
    expect(freshRuns(loaded, log, { status: 'failed' }, NOW)).toBe(0)
    const made = changed(
      run('8', 1, { trigger: { type: 'schedule', backfill: 'b1' } }),
      run('9', 1, { trigger: { type: 'schedule', backfill: 'b2' } }),
    )
    expect(freshRuns(loaded, made, { backfill: 'b1' }, NOW)).toBe(1)
    const calls = changed(run('8', 1), run('9', 1, { parent: '8' }))
    expect(freshRuns(loaded, calls, { called: false }, NOW)).toBe(1)
    expect(freshRuns(loaded, calls, {}, NOW)).toBe(2)
  })

  it('counts a run between two rows whose status fits only now', () => {
    const loaded = [run('9', 3, { status: 'failed' }), run('4', 3, { status: 'failed' })]
    expect(freshRuns(loaded, changed(run('6', 8, { status: 'failed' })), { status: 'failed' }, NOW)).toBe(1)
    expect(freshRuns(loaded, changed(run('4', 8, { status: 'failed' })), { status: 'failed' }, NOW)).toBe(0)
    // It comes with the next page.
    expect(freshRuns(loaded, changed(run('2', 8, { status: 'failed' })), { status: 'failed' }, NOW)).toBe(0)
  })
})

describe('isLoaded', () => {
  it('finds every row, and nothing between them', () => {
    for (let count = 0; count < 12; count += 1) {
      const ids = Array.from({ length: count }, (_, index) => String.fromCharCode(97 + 2 * index)).reverse()
      const rows = ids.map((id) => run(id, 1))
      for (const id of 'abcdefghijklmnopqrstuvwxyz') expect(isLoaded(rows, id)).toBe(ids.includes(id))
    }
  })
})

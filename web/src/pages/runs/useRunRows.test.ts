import { describe, expect, it } from 'vitest'
import type { ExecutionSummary } from '~/api/types'
import { mergeRows } from './useRunRows'

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

describe('mergeRows', () => {
  it('lays newer states over loaded rows and ignores older ones', () => {
    const loaded = [run('2', 5), run('1', 5)]
    const { rows, fresh } = mergeRows(
      loaded,
      changed(run('2', 6, { status: 'succeeded' }), run('1', 4, { status: 'queued' })),
      {},
    )
    expect(rows.map((row) => row.status)).toEqual(['succeeded', 'running'])
    expect(fresh).toBe(0)
  })

  it('counts runs newer than the first row that match the filter', () => {
    const loaded = [run('5', 1)]
    const log = changed(run('6', 1), run('7', 1, { workflow: 'other' }), run('3', 1))
    expect(mergeRows(loaded, log, { workflow: 'w' }).fresh).toBe(1)
    expect(mergeRows(loaded, log, {}).fresh).toBe(2)
    expect(mergeRows(loaded, log, { status: 'failed' }).fresh).toBe(0)
    const made = changed(
      run('8', 1, { trigger: { type: 'schedule', backfill: 'b1' } }),
      run('9', 1, { trigger: { type: 'schedule', backfill: 'b2' } }),
    )
    expect(mergeRows(loaded, made, { backfill: 'b1' }).fresh).toBe(1)
    const calls = changed(run('8', 1), run('9', 1, { parent: '8' }))
    expect(mergeRows(loaded, calls, { called: false }).fresh).toBe(1)
    expect(mergeRows(loaded, calls, {}).fresh).toBe(2)
  })
})

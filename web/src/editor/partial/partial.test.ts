import { describe, expect, test } from 'vitest'
import type { Pin, PlanLine, RunPlan } from '~/api/types'
import type { WorkflowDocument } from '~/model/workflow'
import { marksOf } from './marksOf'
import { summarise } from './planSummary'
import { goesWithoutSaying, partOf } from './trial'

const line = (action: PlanLine['action'], more: Partial<PlanLine> = {}): PlanLine => ({
  action,
  why: 'because',
  execution: null,
  at: null,
  changed: false,
  effect: action === 'run' ? 'none' : null,
  ...more,
})
const plan = (nodes: RunPlan['nodes']): RunPlan => ({ version: 2, execution: null, nodes })
const pin = (node: string): Pin => ({
  node,
  outlet: 'out',
  origin: null,
  at: '2026-01-01T00:00:00Z',
  by: 'ann',
  kind: 'json',
  rows: null,
  size_bytes: 1,
  summary: { kind: 'json', bytes: 1 },
})
const document = { name: 'w', nodes: { a: { type: 't', title: 'First' }, b: { type: 't' } }, edges: [] }
const root = document as unknown as WorkflowDocument

test('parts as the server wants them', () => {
  expect([
    partOf({ mode: 'only', node: 'a' }),
    partOf({ mode: 'until', node: 'a' }),
    partOf({ mode: 'from', node: 'a' }),
  ]).toEqual([{ only: 'a' }, { until: 'a' }, { from: 'a' }])
})

describe('whether a plan is shown', () => {
  const aim = { mode: 'only', node: 'b' } as const
  test('not when the node alone runs and changes nothing', () => {
    expect(goesWithoutSaying(aim, plan({ a: line('reuse'), b: line('run') }))).toBe(true)
    expect(goesWithoutSaying(aim, plan({ a: line('pin'), b: line('run', { effect: 'read' }) }))).toBe(true)
  })
  test('when another runs, or when it writes', () => {
    expect(goesWithoutSaying(aim, plan({ a: line('run'), b: line('run') }))).toBe(false)
    expect(goesWithoutSaying(aim, plan({ a: line('reuse'), b: line('run', { effect: 'write' }) }))).toBe(
      false,
    )
  })
})

test('a plan in numbers and names', () => {
  const told = summarise(
    plan({
      a: line('run', { effect: 'write' }),
      b: line('reuse', { changed: true }),
      c: line('pin'),
      d: line('skip'),
    }),
    root,
  )
  expect(told).toEqual({
    runs: ['First'],
    writes: ['First'],
    changed: ['B'],
    reused: 1,
    pinned: 1,
    skipped: 1,
  })
})

describe('marks', () => {
  test('of pins, old ones, and those inside of containers', () => {
    const marks = marksOf([pin('a'), pin('each/x'), pin('each/y')], new Map([['a', 'node']]), {
      kind: 'idle',
    })
    expect(marks.get('a')).toMatchObject({ pinned: true, stale: 'node', fate: null })
    expect(marks.get('each')).toMatchObject({ pinned: false, inside: 2 })
    expect(marks.get('each/x')).toMatchObject({ pinned: true, stale: null })
  })
  test('of a plan, over those of pins', () => {
    const aim = { mode: 'only', node: 'b' } as const
    const shown = plan({
      a: line('pin', { at: '2026-01-02T00:00:00Z' }),
      b: line('run', { effect: 'write' }),
    })
    const marks = marksOf([pin('a')], new Map(), { kind: 'planned', aim, plan: shown, root, again: false })
    expect(marks.get('a')).toMatchObject({ fate: 'pin', at: '2026-01-02T00:00:00Z', pinned: true })
    expect(marks.get('b')).toMatchObject({ fate: 'write' })
    const refused = marksOf([], new Map(), { kind: 'refused', aim, message: '', missing: ['a'] })
    expect(refused.get('a')).toMatchObject({ fate: 'missing' })
  })
})

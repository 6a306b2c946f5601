import { describe, expect, it, vi } from 'vitest'
import type { Execution, NodeRun, RunEvent } from '~/api/types'
import { runEvent } from '~/testing/fakeStream'
import { foldExecution, foldNode, mainRows, PENDING } from './fold'
import { lostItems } from './items'
import { RunStatusStore } from './state'

const table = (rows: number) => ({ kind: 'table' as const, rows, bytes: 1, columns: [] })

function nodeRun(node: string, status: NodeRun['status'] = 'pending'): NodeRun {
  return {
    node,
    type: 'table.sql@1',
    title: null,
    status,
    attempt: 0,
    started_at: null,
    ended_at: null,
    due_at: null,
    waiting: null,
    progress: null,
    error: null,
    tables_in: {},
    outputs: {},
    logs: 0,
    items: null,
    children: [],
    approval: null,
    reused: null,
    reason: null,
  }
}

const execution: Execution = {
  id: 'e1',
  workflow: 'w',
  version: 1,
  status: 'queued',
  trigger: { type: 'manual' },
  created_at: '2026-01-01T00:00:00Z',
  started_at: null,
  ended_at: null,
  seq: 1,
  priority: 0,
  partial: false,
  typical_seconds: null,
  part_of: null,
  generation: 1,
  waiting: null,
  reason: null,
  parent: null,
  error: null,
  inputs: {},
  outputs: null,
  nodes: { a: nodeRun('a'), b: nodeRun('b') },
}

it('knows that nobody counted the rows of a table that was never stored', () => {
  const store = new RunStatusStore()
  store.replace(execution)
  const planned = {
    kind: 'table' as const,
    rows: null,
    bytes: null,
    columns: [],
    recipe: { steps: [], pins: [] },
  }
  store.apply([runEvent(2, 'node.succeeded', { node: 'a', data: { attempt: 1, outputs: { out: planned } } })])
  expect(store.get('a')?.rows).toBeNull()
})

describe('a run that goes on', () => {
  it('forgets what runs again, keeps the rest, and is queued until it starts', () => {
    const store = new RunStatusStore()
    store.replace(execution)
    store.apply([
      runEvent(2, 'node.succeeded', { node: 'a', data: { attempt: 1, outputs: { out: table(3) } } }),
      runEvent(3, 'node.failed', { node: 'b', data: { attempt: 1, error: { code: 'x', message: 'no' } } }),
    ])
    const failed = { ...execution, status: 'failed' as const, error: { code: 'x', message: 'no' } }
    const retried = runEvent(5, 'execution.retried', {
      node: undefined,
      data: { generation: 2, nodes: { b: 1 } },
    })
    store.apply([retried])
    expect(store.get('a')?.rows).toBe(3)
    expect(store.get('b')).toEqual({ ...PENDING, attempt: 1 })
    const after = foldExecution(failed, retried)
    expect([after.status, after.error, after.generation, after.ended_at]).toEqual(['queued', null, 2, null])
  })

  it('follows what somebody asked', () => {
    const asked = (kind: string) => runEvent(2, kind, { node: undefined, data: { reason: 'asked' } })
    const status = (before: Execution['status'], kind: string, started: string | null = 'once') =>
      foldExecution({ ...execution, status: before, started_at: started }, asked(kind)).status
    expect(status('running', 'execution.paused')).toBe('paused')
    expect(status('paused', 'execution.resumed')).toBe('running')
    expect(status('paused', 'execution.resumed', null)).toBe('queued')
    expect(status('interrupted', 'execution.resumed')).toBe('queued')
    expect(status('running', 'execution.cancelling')).toBe('running')
    expect(status('interrupted', 'execution.cancelling')).toBe('queued')
  })

  it('shows which attempt was cut off', () => {
    const store = new RunStatusStore()
    store.replace(execution)
    store.apply([
      runEvent(2, 'node.started', { node: 'a', data: { attempt: 1 } }),
      runEvent(3, 'execution.interrupted', {
        node: undefined,
        data: { error: { code: 'x', message: 'no' } },
      }),
    ])
    expect(store.get('a')?.status).toBe('interrupted')
    expect(store.get('b')?.status).toBe('pending')
  })

  it('waits until something happens', () => {
    const waiting = foldExecution(execution, runEvent(2, 'execution.waiting', { node: undefined, data: {} }))
    expect(waiting.status).toBe('waiting')
    expect(foldExecution(waiting, runEvent(3, 'timer.fired', { node: 'a' })).status).toBe('running')
    const node = foldNode(PENDING, runEvent(2, 'node.waiting', { data: { attempt: 1, due_at: 'later' } }))
    expect([node.status, node.dueAt]).toEqual(['waiting', 'later'])
  })
})

describe('foldNode', () => {
  it('does not count the queue as time of the node', () => {
    const queued = foldNode(
      PENDING,
      runEvent(2, 'node.waiting', {
        at: 'first',
        data: { attempt: 1, rule: 'slot', resource: 'node_type:x' },
      }),
    )
    expect(queued.startedAt).toBeNull()
    const started = runEvent(3, 'node.started', { at: 'second', data: { attempt: 1 } })
    expect(foldNode(queued, started).startedAt).toBe('second')
    const ended = runEvent(3, 'node.succeeded', {
      at: 'last',
      data: { attempt: 1, started_at: 'first', outputs: {} },
    })
    expect(foldNode(queued, ended).startedAt).toBe('last')
  })

  it('follows a node through retry to success', () => {
    const events = [
      runEvent(2, 'node.started', { at: 'first', data: { attempt: 1 } }),
      runEvent(3, 'node.progress', { data: { attempt: 1, done: 2, total: 4 } }),
      runEvent(4, 'node.retrying', {
        data: { attempt: 1, error: { code: 'x', message: 'no' }, due_at: '2026-01-01T00:00:05Z' },
      }),
    ]
    const retrying = events.reduce(foldNode, PENDING)
    expect(retrying).toMatchObject({
      status: 'retrying',
      attempt: 1,
      // As in the server's snapshot: until the next attempt starts.
      progress: { done: 2, total: 4 },
      dueAt: '2026-01-01T00:00:05Z',
      error: { message: 'no' },
    })
    const done = [
      runEvent(5, 'node.started', { data: { attempt: 2 }, at: 's' }),
      runEvent(6, 'node.succeeded', {
        at: 'e',
        data: { attempt: 2, started_at: 's', outputs: { out: table(12) } },
      }),
    ].reduce(foldNode, retrying)
    expect(done).toMatchObject({
      status: 'succeeded',
      attempt: 2,
      rows: 12,
      startedAt: 'first',
      endedAt: 'e',
      error: null,
      dueAt: null,
    })
  })

  it('lets a quick node go from pending straight to its end', () => {
    const event = runEvent(2, 'node.failed', {
      at: 'e',
      data: { attempt: 1, started_at: 's', error: { code: 'node.failed', message: 'boom' } },
    })
    expect(foldNode(PENDING, event)).toMatchObject({
      status: 'failed',
      startedAt: 's',
      endedAt: 'e',
      error: { message: 'boom' },
    })
  })

  it('keeps why a node was skipped', () => {
    expect(
      foldNode(PENDING, runEvent(2, 'node.skipped', { data: { reason: 'no edge taken' } })),
    ).toMatchObject({
      status: 'skipped',
      reason: 'no edge taken',
    })
  })

  it('ignores kinds it does not know', () => {
    expect(foldNode(PENDING, runEvent(2, 'node.imagined'))).toBe(PENDING)
  })
})

describe('mainRows', () => {
  it('takes the outlet out, else the only table', () => {
    expect(mainRows({ out: table(3), rejected: table(9) })).toBe(3)
    expect(mainRows({ true: table(4) })).toBe(4)
    expect(mainRows({ true: table(4), false: table(5) })).toBeUndefined()
    expect(mainRows({ out: { kind: 'json', bytes: 2 } })).toBeUndefined()
  })
})

describe('foldExecution', () => {
  it('goes from queued to failed and keeps the error and the times', () => {
    const failed = [
      runEvent(2, 'execution.started', { node: null, at: 's' }),
      runEvent(3, 'node.started'),
      runEvent(4, 'execution.failed', {
        node: null,
        at: 'e',
        data: { error: { code: 'c', message: 'm', node: 'b' } },
      }),
    ].reduce(foldExecution, execution)
    expect(failed).toMatchObject({
      status: 'failed',
      started_at: 's',
      ended_at: 'e',
      seq: 4,
      error: { message: 'm', node: 'b' },
    })
  })

  it('is the same object after a node event', () => {
    expect(foldExecution(execution, runEvent(2, 'node.started'))).toBe(execution)
  })
})

describe('RunStatusStore', () => {
  it('tells only the watchers of touched nodes, once a batch', () => {
    const store = new RunStatusStore()
    store.replace(execution)
    const a = vi.fn()
    const b = vi.fn()
    const all = vi.fn()
    store.subscribe('a', a)
    store.subscribe('b', b)
    store.subscribeAll(all)
    store.apply([runEvent(2, 'node.started'), runEvent(3, 'node.progress', { data: { done: 1, total: 2 } })])
    expect([a, b, all].map((spy) => spy.mock.calls.length)).toEqual([1, 0, 1])
    expect(store.get('a')).toMatchObject({ status: 'running', progress: { done: 1, total: 2 } })
    expect(store.get('b')).toMatchObject({ status: 'pending' })
  })

  it('keeps a view identical until it changes, and stops telling who left', () => {
    const store = new RunStatusStore()
    store.replace(execution)
    const view = store.get('b')
    const a = vi.fn()
    const leave = store.subscribe('a', a)
    leave()
    store.apply([runEvent(2, 'node.started')])
    expect(store.get('b')).toBe(view)
    expect(a).not.toHaveBeenCalled()
  })

  it('tells everybody when a snapshot replaces it', () => {
    const store = new RunStatusStore()
    const b = vi.fn()
    store.subscribe('b', b)
    const version = store.version()
    store.replace({ nodes: { b: nodeRun('b', 'succeeded') } })
    expect(b).toHaveBeenCalledTimes(1)
    expect(store.version()).toBeGreaterThan(version)
    expect(store.ids()).toEqual(['b'])
  })
})

describe('a container', () => {
  const fold = (...events: [kind: string, data: RunEvent['data']][]) =>
    events.reduce((view, [kind, data], at) => foldNode(view, runEvent(at + 1, kind, { data })), PENDING)

  it('counts items as the server does, by what its parts tell', () => {
    const about = { kind: 'each', total: 130 }
    const view = fold(
      ['node.waiting', { attempt: 1, rule: 'children', about }],
      ['item.started', { execution: 'c1', offset: 0, count: 100 }],
      ['item.started', { execution: 'c2', offset: 100, count: 30 }],
      ['item.ended', { execution: 'c2', status: 'succeeded', failed: 2 }],
    )
    expect(view.items).toEqual({ kind: 'each', total: 130, done: 30, failed: 2, running: 100 })
    expect(view.child).toBe('c2')
    expect(lostItems(view)).toBe(view.items)
    expect(
      lostItems({ ...view, counted: { kind: 'each', total: 130, done: 31, failed: 3, running: 9 } }),
    ).toMatchObject({ failed: 3 })
    expect(lostItems({ ...view, status: 'failed' })).toBeNull()
    expect(lostItems(fold(['node.waiting', { attempt: 1, rule: 'children', about }]))).toBeNull()
    const store = new RunStatusStore()
    store.replace(execution)
    store.apply([
      runEvent(1, 'node.waiting', { data: { rule: 'children', about } }),
      runEvent(2, 'item.started', { data: { execution: 'c1', count: 100 } }),
    ])
    store.setItems('a', { kind: 'each', total: 130, done: 60, failed: 0, running: 10 })
    expect(store.get('a')?.counted?.done).toBe(60)
    store.apply([runEvent(3, 'item.ended', { data: { execution: 'c1', status: 'succeeded' } })])
    expect(store.get('a')).toMatchObject({ items: { done: 100, running: 0 }, counted: null })
    expect(fold(['node.waiting', { rule: 'approval', about: { id: 'q' } }]).approval).toBe('q')
  })
})

import { expect, it } from 'vitest'
import { type NodeRunView, PENDING } from '~/runs/fold'
import { edgeState } from './WorkflowEdge'

const run = (status: NodeRunView['status'], ...outlets: string[]): NodeRunView => ({
  ...PENDING,
  status,
  outputs: Object.fromEntries(outlets.map((name) => [name, { kind: 'json', bytes: 2 }])),
})

it('is open until its source has ended', () => {
  expect(edgeState(undefined, undefined, 'out')).toBe('open')
  expect(edgeState(run('running'), undefined, 'out')).toBe('open')
  expect(edgeState(run('retrying'), undefined, 'out')).toBe('open')
})

it('is taken where a value left, skipped where none did', () => {
  expect(edgeState(run('succeeded', 'true'), run('pending'), 'true')).toBe('taken')
  expect(edgeState(run('succeeded', 'true'), run('pending'), 'false')).toBe('skipped')
  expect(edgeState(run('succeeded', 'out'), run('running'), 'out')).toBe('flowing')
  expect(edgeState(run('succeeded', 'out'), run('pending'), 'error')).toBe('skipped')
})

it('takes the error outlet of a failed node alone', () => {
  expect(edgeState(run('failed'), run('succeeded'), 'error')).toBe('failed')
  expect(edgeState(run('failed'), run('cancelled'), 'out')).toBe('skipped')
  expect(edgeState(run('skipped'), run('skipped'), 'out')).toBe('skipped')
})

import { screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { NodeStatusMark } from '~/canvas/NodeStatusMark'
import { render } from '~/testing/render'
import { type NodeRunView, PENDING, shownStatus } from './fold'

const reused: NodeRunView = {
  ...PENDING,
  status: 'succeeded',
  reused: { execution: 'e0', node: 'a', pinned: false, at: null },
}

test('a result that was not computed anew is told from one that was', () => {
  render(<NodeStatusMark run={reused} maximumAttempts={null} disabled={false} />)
  expect(screen.getByRole('img', { name: 'Reused' })).toBeTruthy()
  expect(screen.queryByRole('img', { name: 'Succeeded' })).toBeNull()
  expect(shownStatus({ ...reused, reused: null })).toBe('succeeded')
  // What it had before a retry is not what it does now.
  expect(shownStatus({ ...reused, status: 'running' })).toBe('running')
})

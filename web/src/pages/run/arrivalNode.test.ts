import { describe, expect, it } from 'vitest'
import type { Execution, NodeRun } from '~/api/types'
import { arrivalNode } from './arrivalNode'

const node = (id: string, status: NodeRun['status'], ended: string | null) =>
  ({ node: id, status, ended_at: ended }) as NodeRun
const run = (error: Execution['error'], ...nodes: NodeRun[]) =>
  ({ error, nodes: Object.fromEntries(nodes.map((item) => [item.node, item])) }) as Execution

describe('arrivalNode', () => {
  const early = node('early', 'failed', '2026-01-01T00:00:01Z')
  const late = node('late', 'failed', '2026-01-01T00:00:02Z')

  it('is the node the error names', () => {
    expect(arrivalNode(run({ code: 'c', message: 'm', node: 'late' }, early, late))).toBe('late')
  })
  it('is the first that failed when the error names none, or one that is not there', () => {
    expect(arrivalNode(run({ code: 'c', message: 'm', node: 'gone' }, late, early))).toBe('early')
  })
  it('is none when nothing failed', () => {
    expect(arrivalNode(run(null, node('a', 'succeeded', null)))).toBeNull()
  })
})

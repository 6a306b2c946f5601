import { describe, expect, it } from 'vitest'
import { bulkRequest } from './bulk'

const NOW = Date.parse('2026-03-02T00:00:00Z')

describe('bulkRequest', () => {
  it('names the chosen ones, whatever the fitting status', () => {
    expect(bulkRequest('retry', { ids: ['a', 'b'] }, NOW)).toEqual({
      action: 'retry',
      ids: ['a', 'b'],
      status: ['interrupted', 'failed', 'cancelled'],
      dry_run: false,
    })
  })

  it('means what the filter means, with its time at this moment', () => {
    const filter = { workflow: 'w', status: ['failed' as const], last: '24h' as const, min_seconds: 3 }
    expect(bulkRequest('replay', { filter }, NOW)).toMatchObject({
      workflow: 'w',
      status: ['failed'],
      since: '2026-03-01T00:00:00.000Z',
      min_seconds: 3,
    })
  })

  it('does not retry what was cancelled on purpose unless that was asked for', () => {
    expect(bulkRequest('retry', { filter: {} }, NOW).status).toEqual(['failed', 'interrupted'])
    expect(bulkRequest('retry', { filter: { status: ['cancelled'] } }, NOW).status).toEqual(['cancelled'])
  })
})

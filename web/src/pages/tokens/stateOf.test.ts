import { describe, expect, it } from 'vitest'
import type { Token } from '~/api/types'
import { stateOf } from './stateOf'

const NOW = Date.parse('2026-06-01T00:00:00Z')

const token = (more: Partial<Token>): Token => ({
  id: '1',
  name: 'ci',
  scopes: ['read'],
  created_at: '2026-01-01T00:00:00Z',
  last_used_at: null,
  expires_at: null,
  revoked_at: null,
  ...more,
})

describe('stateOf', () => {
  it.each([
    ['inUse', {}],
    ['inUse', { expires_at: '2026-06-01T00:00:01Z' }],
    ['expired', { expires_at: '2026-06-01T00:00:00Z' }],
    ['revoked', { expires_at: '2026-01-02T00:00:00Z', revoked_at: '2026-01-01T12:00:00Z' }],
  ] as const)('is %s for %o', (state, more) => {
    expect(stateOf(token(more), NOW)).toBe(state)
  })
})

import type { Token } from '~/api/types'

/** What became of a token; `now` in milliseconds since 1970. */
export function stateOf(token: Token, now: number): 'inUse' | 'revoked' | 'expired' {
  if (token.revoked_at !== null) return 'revoked'
  return token.expires_at !== null && Date.parse(token.expires_at) <= now ? 'expired' : 'inUse'
}

const FIRST = 500
const LONGEST = 30_000

/** Milliseconds before attempt `n` (from 0): 0.5 s x 2^n, at most 30 s, of which the upper half is random. */
export function backoff(n: number, random: number): number {
  const full = Math.min(FIRST * 2 ** n, LONGEST)
  return full / 2 + (full / 2) * random
}

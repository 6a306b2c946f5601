import { expect, it } from 'vitest'
import { instantOf, localOf, startOfDay } from './instants'

it('goes to local time and back', () => {
  const at = new Date(2026, 2, 5, 6, 7).getTime()
  expect(localOf(at)).toBe('2026-03-05T06:07')
  expect(instantOf(localOf(at))).toBe(new Date(at).toISOString())
  expect(localOf(startOfDay(at))).toBe('2026-03-05T00:00')
  expect(instantOf('')).toBeNull()
})

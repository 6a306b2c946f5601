import { expect, it } from 'vitest'
import { midnightOf, zoneOf } from './instants'

it('knows the day of a zone', () => {
  const at = Date.parse('2026-03-05T23:30:00Z')
  expect(midnightOf(at, 'UTC')).toBe('2026-03-05T00:00')
  expect(midnightOf(at, 'Europe/Rome')).toBe('2026-03-06T00:00')
  expect(midnightOf(at, 'No/Where')).toBe('2026-03-05T00:00')
})

it('takes the zone of the schedule, UTC without one', () => {
  expect(zoneOf({ config: { timezone: 'Europe/Rome' } })).toBe('Europe/Rome')
  expect(zoneOf({ config: {} })).toBe('UTC')
})

import { expect, it } from 'vitest'
import { occasionOf } from './occasion'

it('says what time a run is for, on the clock of the schedule', () => {
  const scheduled_at = { iso: '2026-10-05T00:15:00+02:00', zone: 'Europe/Rome' }
  const at = 'for 2026-10-05 00:15 Europe/Rome'
  expect(occasionOf({ trigger: { type: 'schedule', scheduled_at } })).toEqual([at])
  expect(occasionOf({ trigger: { type: 'schedule', scheduled_at, backfill: 'x' } })).toEqual([at, 'backfill'])
  expect(occasionOf({ trigger: { type: 'webhook', test: true } })).toEqual(['test'])
  expect(occasionOf({ trigger: { type: 'manual' } })).toEqual([])
})

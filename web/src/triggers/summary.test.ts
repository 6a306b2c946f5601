import { expect, it } from 'vitest'
import { isObject } from '~/model/json'
import { TRIGGER_TYPES, triggerSchema } from './schemas'
import { triggerSummary } from './summary'

it.each([
  ['schedule', { cron: '0 6 * * *', timezone: 'Europe/Rome' }, 'At 06:00 · Europe/Rome'],
  [
    'schedule',
    { cron: '*/15 8-17 * * 1-5' },
    'Every 15 minutes, between 08:00 and 17:59, Monday through Friday',
  ],
  ['schedule', { cron: 'now and then' }, 'now and then'],
  ['schedule', { interval: '15m' }, 'every 15m'],
  ['webhook', { path: '/orders/new' }, '/hooks/orders/new'],
  ['event', { name: 'order.paid' }, 'order.paid'],
  ['workflow', { workflow: 'nightly' }, 'nightly'],
  ['file', { path: 'in/*.csv' }, 'in/*.csv'],
  ['manual', {}, ''],
])('%s %o', (type, config, told) => {
  expect(triggerSummary({ type, config })).toBe(told)
})

it('has a form for each type, and asks nothing of a type that it does not know', () => {
  for (const type of TRIGGER_TYPES) {
    const { properties } = triggerSchema(type)
    expect(isObject(properties) && isObject(properties.config) && properties.config.properties).toBeTruthy()
  }
  expect(triggerSchema('comet')).toMatchObject({ properties: { config: { title: 'comet' } } })
})

/** The form of each type of trigger. The server checks what is filled in. */

import { words } from '~/i18n'
import type { JsonObject } from '~/model/json'

const t = words.triggers.fields
const plain = { 'x-expression': false }
const text = (title: string, description = ''): JsonObject => ({
  type: 'string',
  title,
  description,
  ...plain,
})
const number = (title: string): JsonObject => ({ type: 'integer', minimum: 1, title, ...plain })
const choice = (title: string, labels: Record<string, string>): JsonObject => ({
  enum: Object.keys(labels),
  title,
  'x-labels': labels,
  ...plain,
})
const list = (title: string, options: string[]): JsonObject => ({
  type: 'array',
  title,
  items: { enum: options, ...plain },
  uniqueItems: true,
  ...plain,
})
const duration = (title: string, description = ''): JsonObject => ({
  ...text(title, description),
  format: 'duration',
})

const configs: Readonly<Record<string, JsonObject>> = {
  schedule: {
    cron: text(t.cron, t.cronHelp),
    interval: duration(t.interval, t.intervalHelp),
    timezone: text(t.timezone, t.timezoneHelp),
    missed: { ...choice(t.missed, t.missedLabels), description: t.missedHelp },
    missed_limit: number(t.missedLimit),
  },
  webhook: {
    path: text(t.path, t.pathHelp),
    methods: list(t.methods, ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
    auth: choice(t.auth, t.authLabels),
    connection: { ...text(t.connection, t.connectionHelp), format: 'connection' },
    respond: choice(t.respond, t.respondLabels),
    wait: duration(t.wait),
    rate_per_minute: number(t.rate),
  },
  event: {
    name: text(t.eventName),
    when: { type: 'string', format: 'expression', title: t.when, description: t.whenHelp },
    key: { type: 'string', format: 'expression', title: t.key },
  },
  file: {
    path: text(t.glob, t.globHelp),
    settle: duration(t.settle, t.settleHelp),
    existing: choice(t.existing, t.existingLabels),
  },
  workflow: {
    workflow: text(t.followed),
    statuses: list(t.statuses, ['succeeded', 'failed', 'cancelled', 'interrupted']),
  },
}

const required: Readonly<Record<string, string[]>> = {
  webhook: ['path'],
  event: ['name'],
  file: ['path'],
  workflow: ['workflow'],
}

/** Types that a person can add, in the order of the menu. */
export const TRIGGER_TYPES = Object.keys(configs)

/** Of one trigger: its config, and the inputs that it gives. */
export function triggerSchema(type: string): JsonObject {
  const properties = configs[type]
  return {
    type: 'object',
    properties: {
      config: properties
        ? {
            type: 'object',
            title: words.triggers.types[type] ?? type,
            properties,
            required: required[type] ?? [],
          }
        : { type: 'object', title: type },
      inputs: {
        type: 'object',
        title: words.triggers.inputs,
        description: words.triggers.inputsHelp,
        additionalProperties: { type: 'string', format: 'textarea' },
      },
    },
  }
}

/** What a new trigger begins with, so that it can be published as soon as its blanks are filled in. */
export const firstConfig = (type: string): JsonObject => (type === 'schedule' ? { cron: '0 6 * * *' } : {})

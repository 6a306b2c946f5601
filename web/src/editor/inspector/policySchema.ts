import { words } from '~/i18n'
import type { JsonObject } from '~/model/json'

const t = words.editor.policy

/** The form for a node's `policy`. Keys without a field here (idempotent, undo) stay as they are. */
export const policySchema: JsonObject = {
  type: 'object',
  properties: {
    timeout: { type: 'string', format: 'duration', title: t.timeout, description: t.timeoutHelp },
    retry: {
      type: 'object',
      title: t.retry,
      description: t.retryHelp,
      properties: {
        maximum_attempts: {
          type: 'integer',
          minimum: 1,
          maximum: 100,
          title: t.attempts,
          description: t.attemptsHelp,
        },
        initial_interval: { type: 'string', format: 'duration', title: t.initial },
        backoff_coefficient: { type: 'number', minimum: 1, title: t.backoff, description: t.backoffHelp },
        maximum_interval: { type: 'string', format: 'duration', title: t.maximum },
      },
    },
    on_error: {
      enum: ['fail', 'continue'],
      title: t.onError,
      description: t.onErrorHelp,
      'x-labels': { fail: t.fail, continue: t.continue },
    },
    join: {
      enum: ['all', 'any'],
      title: t.join,
      description: t.joinHelp,
      'x-labels': { all: t.all, any: t.any },
    },
  },
}

import { words } from '~/i18n'
import { edgeIndex } from '~/model/edgeIndex'
import type { JsonObject } from '~/model/json'
import { undoCandidates, undoneBy, undoOf } from '~/model/undo'
import { nodeTitle, type WorkflowDocument } from '~/model/workflow'

const t = words.editor.policy

const fields: JsonObject = {
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
    title: t.join,
    description: t.joinHelp,
    anyOf: [
      { enum: ['all', 'any'], title: t.joinRule, 'x-labels': { all: t.all, any: t.any } },
      { type: 'integer', minimum: 1, title: t.joinNumber },
    ],
  },
  cache: {
    enum: [true, false],
    title: t.cache,
    description: t.cacheHelp,
    'x-labels': { true: t.cacheOn, false: t.cacheOff },
    'x-placeholder': t.asWorkflow,
  },
  idempotent: {
    enum: [true, false],
    title: t.idempotent,
    description: t.idempotentHelp,
    'x-labels': { true: t.idempotentOn, false: t.idempotentOff },
    'x-placeholder': t.asType,
    'x-advanced': true,
  },
  on_interrupt: {
    enum: ['stop', 'retry', 'fail'],
    title: t.onInterrupt,
    description: t.onInterruptHelp,
    'x-labels': { stop: t.interruptStop, retry: t.interruptRetry, fail: t.interruptFail },
    'x-placeholder': t.interruptStop,
    'x-advanced': true,
  },
}

/** The form for a node's `policy`. Keys without a field here stay as they are. */
export function policySchema(document: WorkflowDocument, id: string, inBody: boolean): JsonObject {
  const own = undoOf(document.nodes[id])
  const { incoming, outgoing } = edgeIndex(document.edges)
  const known = undoCandidates(document, id, (other) => incoming.has(other) || outgoing.has(other))
  // A dangling name is shown too, or it could not be taken out.
  const names = own === null || known.includes(own) ? known : [own, ...known]
  // A container is undone as a whole, and what undoes another is not undone itself.
  const none = own === null && (inBody || undoneBy(document.nodes).has(id))
  const undo: JsonObject = {
    enum: names,
    title: t.undo,
    description: t.undoHelp,
    'x-labels': Object.fromEntries(names.map((name) => [name, nodeTitle(name, document.nodes[name])])),
  }
  return { type: 'object', properties: none ? fields : { ...fields, undo } }
}

/** The workflow's own settings as one form: title, description, inputs, outputs, time-out, what follows on an end. */

import { words } from '~/i18n'
import { edgeIndex } from '~/model/edgeIndex'
import { setKey } from '~/model/edits'
import { isObject, type Json, type JsonObject } from '~/model/json'
import { undoneBy } from '~/model/undo'
import { nodeTitle, type WorkflowDocument } from '~/model/workflow'

const t = words.editor.workflow

const schema = (onFailure: JsonObject, last: JsonObject): JsonObject => ({
  type: 'object',
  properties: {
    title: { type: 'string', title: t.formTitle, 'x-expression': false },
    description: {
      type: 'string',
      format: 'textarea',
      title: t.formDescription,
      description: t.descriptionHelp,
      'x-expression': false,
    },
    inputs: {
      type: 'object',
      title: t.inputs,
      description: t.inputsHelp,
      'x-expression': false,
      additionalProperties: {
        type: 'object',
        properties: {
          type: {
            enum: ['string', 'integer', 'number', 'boolean', 'array', 'object'],
            title: t.inputType,
            'x-expression': false,
          },
          title: { type: 'string', title: t.inputLabel, 'x-expression': false },
          description: { type: 'string', title: t.inputHelp, 'x-expression': false },
          default: { title: t.inputDefault, 'x-expression': false, 'x-short': true },
          minimum: { type: 'number', title: t.inputMinimum, 'x-expression': false },
          maximum: { type: 'number', title: t.inputMaximum, 'x-expression': false },
        },
      },
    },
    vars: {
      type: 'object',
      title: t.vars,
      description: t.varsHelp,
      'x-expression': false,
      additionalProperties: { title: t.vars, 'x-expression': false, 'x-short': true },
    },
    labels: {
      type: 'object',
      title: t.labels,
      description: t.labelsHelp,
      'x-expression': false,
      'x-advanced': true,
      additionalProperties: { type: 'string', 'x-expression': false },
    },
    outputs: {
      type: 'object',
      title: t.outputs,
      'x-expression': false,
      description: t.outputsHelp,
      additionalProperties: { type: 'string', format: 'textarea' },
    },
    policy: {
      type: 'object',
      title: words.editor.inspector.policy,
      'x-expression': false,
      properties: {
        concurrency: {
          type: 'object',
          title: t.concurrency,
          description: t.concurrencyHelp,
          'x-expression': false,
          properties: {
            limit: { type: 'integer', minimum: 1, title: t.limit, 'x-expression': false },
            key: {
              type: 'string',
              title: t.limitKey,
              description: t.limitKeyHelp,
              examples: ['{{ inputs.customer }}'],
            },
            when_full: {
              enum: ['queue', 'skip', 'cancel_oldest'],
              title: t.whenFull,
              'x-labels': { queue: t.queue, skip: t.skip, cancel_oldest: t.cancelOldest },
              'x-placeholder': t.queue,
              'x-expression': false,
            },
          },
        },
        priority: {
          type: 'integer',
          title: t.priority,
          description: t.priorityHelp,
          default: 0,
          'x-expression': false,
        },
        cache: {
          type: 'boolean',
          title: t.cache,
          description: t.cacheHelp,
          default: false,
          'x-expression': false,
        },
        timeout: {
          type: 'string',
          format: 'duration',
          title: t.timeout,
          description: t.timeoutHelp,
          'x-expression': false,
        },
        on_failure: {
          type: 'array',
          items: onFailure,
          title: t.onFailure,
          description: t.onFailureHelp,
          'x-expression': false,
        },
        finally: {
          type: 'array',
          items: last,
          title: t.finally,
          description: t.finallyHelp,
          'x-expression': false,
        },
      },
    },
  },
})

/** The form; nodes that no edge leads to can begin the branches after a failure and at the end. */
export function workflowSchema({ nodes, edges, policy }: WorkflowDocument): JsonObject {
  const { incoming } = edgeIndex(edges)
  const undoing = undoneBy(nodes)
  const named = BRANCHES.flatMap((key) => listOf(policy?.[key]))
  const free = Object.keys(nodes).filter((id) => !incoming.has(id) && !undoing.has(id))
  const names = [...new Set([...free, ...named.filter((name): name is string => typeof name === 'string')])]
  const titles = Object.fromEntries(names.map((id) => [id, nodeTitle(id, nodes[id])]))
  const branches = names.filter((name) => name !== COMPENSATE && name !== '')
  const choice = (options: string[]): JsonObject => ({
    enum: options,
    'x-expression': false,
    'x-labels': { ...titles, [COMPENSATE]: t.compensate },
  })
  return schema(choice([COMPENSATE, ...branches]), choice(branches))
}

const COMPENSATE = 'compensate'
const BRANCHES = ['on_failure', 'finally'] as const

/** One name may stand without a list around it; the server writes it so again. */
const listOf = (value: Json | undefined): Json[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]

const KEYS = ['title', 'description', 'inputs', 'vars', 'labels', 'outputs', 'policy'] as const

export function workflowValue(document: WorkflowDocument): JsonObject {
  const value = Object.fromEntries(
    KEYS.flatMap((key) => (document[key] === undefined ? [] : [[key, document[key]]])),
  )
  const { policy } = document
  if (!policy || !BRANCHES.some((key) => typeof policy[key] === 'string')) return value
  const lists = BRANCHES.flatMap((key) => (policy[key] === undefined ? [] : [[key, listOf(policy[key])]]))
  return { ...value, policy: { ...policy, ...Object.fromEntries(lists) } }
}

/** Write the form back; keys the form knows nothing of stay. */
export function withWorkflowValue(document: WorkflowDocument, value: JsonObject): WorkflowDocument {
  const text = (key: string) => (typeof value[key] === 'string' ? value[key] : undefined)
  const object = (key: string) => (isObject(value[key]) ? value[key] : undefined)
  let next = setKey(document, 'title', text('title'))
  next = setKey(next, 'description', text('description'))
  next = setKey(next, 'inputs', object('inputs') as WorkflowDocument['inputs'])
  next = setKey(next, 'vars', object('vars'))
  next = setKey(next, 'labels', object('labels') as WorkflowDocument['labels'])
  next = setKey(next, 'outputs', object('outputs'))
  return setKey(next, 'policy', object('policy'))
}

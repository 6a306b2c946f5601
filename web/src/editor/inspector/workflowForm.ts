/** The workflow's own settings as one form: title, description, inputs, outputs, time-out. */

import { words } from '~/i18n'
import { setKey } from '~/model/edits'
import { isObject, type JsonObject } from '~/model/json'
import type { WorkflowDocument } from '~/model/workflow'

const t = words.editor.workflow

export const workflowSchema: JsonObject = {
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
    outputs: {
      type: 'object',
      title: t.outputs,
      description: t.outputsHelp,
      additionalProperties: { type: 'string', format: 'textarea' },
    },
    policy: {
      type: 'object',
      title: words.editor.inspector.policy,
      properties: {
        timeout: {
          type: 'string',
          format: 'duration',
          title: t.timeout,
          description: t.timeoutHelp,
          'x-expression': false,
        },
      },
    },
  },
}

const KEYS = ['title', 'description', 'inputs', 'outputs', 'policy'] as const

export function workflowValue(document: WorkflowDocument): JsonObject {
  return Object.fromEntries(
    KEYS.flatMap((key) => (document[key] === undefined ? [] : [[key, document[key]]])),
  )
}

/** Write the form back; keys the form knows nothing of stay. */
export function withWorkflowValue(document: WorkflowDocument, value: JsonObject): WorkflowDocument {
  const text = (key: string) => (typeof value[key] === 'string' ? value[key] : undefined)
  const object = (key: string) => (isObject(value[key]) ? value[key] : undefined)
  let next = setKey(document, 'title', text('title'))
  next = setKey(next, 'description', text('description'))
  next = setKey(next, 'inputs', object('inputs') as WorkflowDocument['inputs'])
  next = setKey(next, 'outputs', object('outputs'))
  return setKey(next, 'policy', object('policy'))
}

import type { Json } from '~/model/json'
import type { FrameIds } from '../FieldFrame'
import type { Field } from '../normalise'

/** What every control gets. `undefined` means: not set, the default counts. */
export interface ControlProps {
  field: Field
  value: Json | undefined
  onChange(value: Json | undefined): void
  pointer: string
  ids: FrameIds
  describedBy: string | undefined
  invalid: boolean
  /** It was just switched to: the cursor goes in. */
  start?: boolean
}

/** The default, or an example, as grey text in an empty field. */
export function placeholderOf(field: Field): string {
  const { fallback, schema } = field
  if (typeof schema['x-placeholder'] === 'string') return schema['x-placeholder']
  if (fallback !== undefined && fallback !== null && fallback !== '') {
    if (typeof fallback !== 'object') return String(fallback)
    return Object.keys(fallback).length === 0 ? '' : JSON.stringify(fallback)
  }
  const example = Array.isArray(schema.examples) ? schema.examples[0] : undefined
  return typeof example === 'string' || typeof example === 'number' ? String(example) : ''
}

export const asText = (value: Json | undefined): string =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)

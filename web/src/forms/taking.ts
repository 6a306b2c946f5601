/** What becomes of a field when a name of the data is put into it. Pure. */

import type { Json } from '~/model/json'
import { type Carried, expressionOf } from './dragging'
import { isExpression } from './expression'
import type { Field } from './normalise'
import { optionsOf } from './options'

/** Fields whose text is code that names columns. */
const CODE = new Set(['sql', 'expression', 'code'])

const plainName = (name: string): string =>
  /^[A-Za-z_]\w*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`

const takesColumns = (field: Field): boolean =>
  optionsOf(field.schema) === 'columns' || (field.items !== null && optionsOf(field.items) === 'columns')

const perItem = (field: Field): boolean => field.schema['x-per-item'] === true

/** The kinds that a field takes. */
export function takes(field: Field, mayHoldExpression: boolean): Carried['kind'][] {
  const column = takesColumns(field) || CODE.has(field.format) || (perItem(field) && mayHoldExpression)
  return [...(mayHoldExpression ? (['path'] as const) : []), ...(column ? (['column'] as const) : [])]
}

const joined = (value: Json | undefined, text: string): string =>
  typeof value === 'string' && value.trim() !== '' ? `${value.trimEnd()} ${text}` : text

/** The value with the name in it. */
export function taken(field: Field, value: Json | undefined, carried: Carried): Json {
  if (carried.kind === 'column') {
    if (takesColumns(field)) {
      if (field.kind !== 'array') return carried.name
      const list = Array.isArray(value) ? value : []
      return list.includes(carried.name) ? list : [...list, carried.name]
    }
    if (CODE.has(field.format)) return joined(value, plainName(carried.name))
    const path = /^[A-Za-z_]\w*$/.test(carried.name) ? `item.${carried.name}` : `item['${carried.name}']`
    return expressionOf(path)
  }
  const text = expressionOf(carried.name)
  // An expression or text that is there goes on; a fixed number or choice gives way.
  const goesOn = isExpression(value) || CODE.has(field.format) || field.format === 'textarea'
  return goesOn ? joined(value, text) : text
}

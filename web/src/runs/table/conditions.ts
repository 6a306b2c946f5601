import { isNumeric } from '../columnWidths'

/** A condition on the rows of a table, as the server reads it (`where`). */
export type Operator =
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge'
  | 'contains'
  | 'starts'
  | 'ends'
  | 'in'
  | 'null'
  | 'not_null'

export interface Condition {
  column: string
  op: Operator
  /** As written; of `in` a JSON list, of `null` and `not_null` empty. */
  value: string
}

/** What values of a type are like to whoever filters them. */
export type Family = 'text' | 'number' | 'time' | 'duration' | 'bool' | 'other'

/** The server takes no more. */
export const MOST_CONDITIONS = 20

export function familyOf(type: string): Family {
  if (isNumeric(type)) return 'number'
  if (/^(string|category|enum)\b/.test(type)) return 'text'
  if (/^(date|datetime|time)\b/.test(type)) return 'time'
  if (/^duration\b/.test(type)) return 'duration'
  if (/^bool/.test(type)) return 'bool'
  return 'other'
}

const ORDERED: readonly Operator[] = ['ge', 'le', 'gt', 'lt', 'eq', 'ne', 'in', 'null', 'not_null']
const OPERATORS: Readonly<Record<Family, readonly Operator[]>> = {
  text: ['contains', 'eq', 'ne', 'starts', 'ends', 'in', 'ge', 'le', 'null', 'not_null'],
  number: ORDERED,
  time: ORDERED,
  duration: ORDERED,
  bool: ['eq', 'null', 'not_null'],
  other: ['null', 'not_null'],
}

/** What can be asked of values of a type, the likeliest first. */
export const operatorsOf = (type: string): readonly Operator[] => OPERATORS[familyOf(type)]

export const takesValue = (op: Operator): boolean => op !== 'null' && op !== 'not_null'

/** As the server takes it: `column:op:value`. */
export const conditionText = ({ column, op, value }: Condition): string =>
  takesValue(op) ? `${column}:${op}:${value}` : `${column}:${op}`

/** The values of an `in`. */
export function choicesOf(value: string): string[] {
  try {
    const found: unknown = JSON.parse(value)
    return Array.isArray(found) ? found.map(String) : []
  } catch {
    return []
  }
}

/** The conditions with one put in the place of another, or after them all; twice the same says nothing more. */
export function withCondition(
  conditions: readonly Condition[],
  next: Condition,
  instead?: Condition,
): Condition[] {
  const replaced = conditions.map((one) => (one === instead ? next : one))
  const all = replaced.includes(next) ? replaced : [...replaced, next]
  return all.filter(
    (one, place) => all.findIndex((other) => conditionText(other) === conditionText(one)) === place,
  )
}

/** Whether one of the conditions, as the server takes them, is about this column. */
export const isAbout = (where: readonly string[], column: string): boolean =>
  where.some((one) => one.startsWith(`${column}:`))

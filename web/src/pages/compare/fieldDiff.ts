import { isObject, type Json, sameJson } from '~/model/json'

export interface FieldDifference {
  /** `retry.maximum_attempts`; empty for the whole. */
  path: string
  /** Undefined where it is not there. */
  values: readonly [Json | undefined, Json | undefined]
}

/** Where two JSON values differ, field by field; lists are taken as a whole. */
export function fieldDifferences(
  left: Json | undefined,
  right: Json | undefined,
  path = '',
): FieldDifference[] {
  if (left === right || (left !== undefined && right !== undefined && sameJson(left, right))) return []
  if (!isObject(left) || !isObject(right)) return [{ path, values: [left, right] }]
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])]
  return keys.flatMap((key) => fieldDifferences(left[key], right[key], path === '' ? key : `${path}.${key}`))
}

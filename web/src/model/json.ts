/** Plain JSON values and JSON pointers (RFC 6901). */

export type Json = null | boolean | number | string | Json[] | JsonObject
export interface JsonObject {
  [key: string]: Json
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function escapeSegment(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1')
}

export function pointerOf(...segments: (string | number)[]): string {
  return segments.map((segment) => `/${escapeSegment(String(segment))}`).join('')
}

/** Replace every string in a value; parts without a change keep their identity. */
export function mapStrings<T extends Json>(value: T, replace: (text: string) => string): T {
  if (typeof value === 'string') return replace(value) as T
  if (Array.isArray(value)) {
    const next = value.map((item) => mapStrings(item, replace))
    return next.some((item, index) => item !== value[index]) ? (next as T) : value
  }
  if (isObject(value)) {
    let changed = false
    const next: JsonObject = {}
    for (const [key, item] of Object.entries(value)) {
      next[key] = mapStrings(item, replace)
      changed ||= next[key] !== item
    }
    return changed ? (next as T) : value
  }
  return value
}

/** Structural equality; key order does not matter. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => sameJson(item, right[index]))
  }
  if (isObject(left) && isObject(right)) {
    const keys = Object.keys(left)
    return (
      keys.length === Object.keys(right).length &&
      keys.every((key) => key in right && sameJson(left[key], right[key]))
    )
  }
  return false
}

/** Where two documents differ, as narrow as it can be said: what a step in the history is about. */

import { escapeSegment, isObject } from './json'

/** Above so many differing keys the place is the parent itself. */
const MOST = 50

/**
 * JSON pointer of the one place that differs; with several, that of what they have in common and their names.
 * Unchanged parts have to be the same objects.
 */
export function touched(before: unknown, after: unknown): string {
  let pointer = ''
  let [left, right] = [before, after]
  for (;;) {
    const keys = differing(left, right)
    const [only] = keys ?? []
    if (!keys || only === undefined) return pointer
    if (keys.length > 1) return `${pointer}{${keys.length > MOST ? '*' : keys.sort().join()}}`
    pointer += `/${escapeSegment(only)}`
    left = member(left, only)
    right = member(right, only)
  }
}

type Members = Readonly<Record<string, unknown>>

const member = (value: unknown, key: string): unknown => (value as Members)[key]

/** A list of plain values, such as a place, is one thing. */
const isList = (value: unknown): boolean =>
  Array.isArray(value) && value.some((item) => typeof item === 'object' && item !== null)

/** Keys whose values differ; null where one side has no keys. */
function differing(left: unknown, right: unknown): string[] | null {
  if (!(isObject(left) && isObject(right)) && !(isList(left) && isList(right))) return null
  const [one, other] = [left as Members, right as Members]
  const keys = Object.keys(other).filter((key) => one[key] !== other[key])
  for (const key of Object.keys(one)) if (!(key in other)) keys.push(key)
  return keys
}

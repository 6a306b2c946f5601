import type { JsonObject } from '~/model/json'

/** The object that a text writes as JSON; null when it is anything else, or not finished. */
export function readObject(text: string): JsonObject | null {
  try {
    const found: unknown = JSON.parse(text)
    return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as JsonObject) : null
  } catch {
    return null
  }
}

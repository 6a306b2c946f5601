import { isObject, type Json } from '~/model/json'

/** The object or list that a line is, as programs with structured logs write them; null for any other text. */
export function jsonOf(text: string): Json | null {
  const first = text.trimStart()[0]
  if (first !== '{' && first !== '[') return null
  try {
    const value = JSON.parse(text) as Json
    return isObject(value) || Array.isArray(value) ? value : null
  } catch {
    return null
  }
}

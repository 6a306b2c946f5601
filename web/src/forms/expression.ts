/** A field holds a fixed value or an expression. */

import type { Json } from '~/model/json'

export const isExpression = (value: Json | undefined): value is string =>
  typeof value === 'string' && value.includes('{{')

/** A fixed value becomes the expression that gives the same value. */
export function toExpression(value: Json | undefined): string {
  if (value === undefined || value === null || value === '') return '{{  }}'
  if (typeof value === 'string')
    return value.includes('{{') ? value : `{{ '${value.replaceAll("'", "\\'")}' }}`
  return `{{ ${JSON.stringify(value)} }}`
}

/** The fixed value an expression plainly stands for; undefined when only a run can tell. */
export function toFixed(value: string): Json | undefined {
  const inner = /^\s*\{\{([\s\S]*)\}\}\s*$/.exec(value)?.[1]?.trim()
  if (inner === undefined) return value.includes('{{') ? undefined : value
  if (inner === '') return undefined
  const quoted = /^'((?:[^'\\]|\\.)*)'$/.exec(inner)
  if (quoted) return (quoted[1] ?? '').replaceAll("\\'", "'")
  try {
    return JSON.parse(inner) as Json
  } catch {
    return undefined
  }
}

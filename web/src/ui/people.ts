/** How people are told apart: two letters and a colour, the same wherever they are shown. */

import type { CSSProperties } from 'react'

/** On each of them white text has a contrast of 4.5 and more. */
const TONES = [
  '#3b5bdb',
  '#a61e4d',
  '#2b7a3e',
  '#9c5700',
  '#6741d9',
  '#0b7285',
  '#a1372b',
  '#495057',
] as const

/** The colour of a person's tab, for the styles of a thing. */
export function personTone(client: string): CSSProperties {
  let sum = 0
  for (let at = 0; at < client.length; at += 1) sum = (sum * 31 + client.charCodeAt(at)) >>> 0
  return { '--person': TONES[sum % TONES.length] } as CSSProperties
}

/** `Mary Ann Smith` → "MS", `mary` → "MA". */
export function initials(name: string): string {
  const parts = name.trim().split(/\s+/)
  const [first = '', last = ''] = [parts[0], parts.length > 1 ? parts.at(-1) : '']
  return (last === '' ? first.slice(0, 2) : first.slice(0, 1) + last.slice(0, 1)).toUpperCase()
}

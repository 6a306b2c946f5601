import type { ReactNode } from 'react'

/** A line of a docstring: `code` and **strong** are shown as such; HTML never is. */
export function InlineText({ text }: { text: string }) {
  let at = 0
  return text.split(/(``[^`]+``|`[^`]+`|\*\*[^*]+\*\*)/).map((part): ReactNode => {
    const key = at
    at += part.length
    if (part.startsWith('`')) return <code key={key}>{part.replaceAll('`', '')}</code>
    if (part.startsWith('**')) return <strong key={key}>{part.slice(2, -2)}</strong>
    return part
  })
}

/** The same without marks, for places that hold plain text. */
export const plainText = (text: string): string => text.replaceAll('`', '').replaceAll('**', '')

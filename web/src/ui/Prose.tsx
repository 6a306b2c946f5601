import { parseInline } from './markdown'

/** One line of text from the server, with its `code` shown as code. */
export function Prose({ text }: { text: string }) {
  return parseInline(text).map((span, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: parsed text has no other identity and never reorders.
    span.kind === 'code' ? <code key={index}>{span.text}</code> : span.text,
  )
}

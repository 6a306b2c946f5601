/** The Markdown of docstrings: headings, paragraphs, lists, fenced code; inline code, bold, emphasis. */

export type Block =
  | { kind: 'heading'; text: string }
  | { kind: 'paragraph'; text: string }
  | { kind: 'list'; ordered: boolean; items: string[] }
  | { kind: 'code'; text: string }

export interface Span {
  kind: 'text' | 'code' | 'strong' | 'emphasis'
  text: string
}

const FENCE = /^\s*```/
const HEADING = /^#{1,6}\s+(.*)$/
const BULLET = /^\s*[-*+]\s+(.*)$/
const NUMBER = /^\s*\d+[.)]\s+(.*)$/
const INDENTED = /^( {4}|\t)/

function codeBlock(lines: string[], at: number): { block: Block; next: number } {
  const end = lines.findIndex((line, index) => index > at && FENCE.test(line))
  const stop = end < 0 ? lines.length : end
  return { block: { kind: 'code', text: lines.slice(at + 1, stop).join('\n') }, next: stop + 1 }
}

function listBlock(lines: string[], at: number, mark: RegExp): { block: Block; next: number } {
  const items: string[] = []
  let next = at
  for (; next < lines.length; next += 1) {
    const line = lines[next] ?? ''
    const item = mark.exec(line)
    if (item) items.push(item[1] ?? '')
    else if (line.trim() !== '' && /^\s/.test(line)) items.push(`${items.pop() ?? ''} ${line.trim()}`)
    else break
  }
  return { block: { kind: 'list', ordered: mark === NUMBER, items }, next }
}

function textBlock(lines: string[], at: number): { block: Block; next: number } {
  const text: string[] = []
  let next = at
  for (; next < lines.length; next += 1) {
    const line = lines[next] ?? ''
    const starts = FENCE.test(line) || HEADING.test(line) || BULLET.test(line) || NUMBER.test(line)
    if (line.trim() === '' || (next > at && starts)) break
    text.push(line.trim())
  }
  return { block: { kind: 'paragraph', text: text.join(' ') }, next }
}

function indentedBlock(lines: string[], at: number): { block: Block; next: number } {
  let next = at
  while (next < lines.length && (INDENTED.test(lines[next] ?? '') || lines[next]?.trim() === '')) next += 1
  const text = lines.slice(at, next).map((line) => line.replace(INDENTED, ''))
  return { block: { kind: 'code', text: text.join('\n').trimEnd() }, next }
}

export function parseMarkdown(source: string): Block[] {
  const lines = source.replace(/\r/g, '').split('\n')
  const blocks: Block[] = []
  let at = 0
  while (at < lines.length) {
    const line = lines[at] ?? ''
    const heading = HEADING.exec(line)
    if (line.trim() === '') {
      at += 1
    } else if (heading) {
      blocks.push({ kind: 'heading', text: heading[1] ?? '' })
      at += 1
    } else {
      const read = FENCE.test(line)
        ? codeBlock
        : BULLET.test(line)
          ? (all: string[], from: number) => listBlock(all, from, BULLET)
          : NUMBER.test(line)
            ? (all: string[], from: number) => listBlock(all, from, NUMBER)
            : INDENTED.test(line)
              ? indentedBlock
              : textBlock
      const { block, next } = read(lines, at)
      blocks.push(block)
      at = next
    }
  }
  return blocks
}

const INLINE = /(``?)(.+?)\1|\*\*(.+?)\*\*|(?<![\w*])\*(?!\s)(.+?)\*(?![\w*])/g

export function parseInline(source: string): Span[] {
  const spans: Span[] = []
  let last = 0
  for (const match of source.matchAll(INLINE)) {
    if (match.index > last) spans.push({ kind: 'text', text: source.slice(last, match.index) })
    if (match[2] !== undefined) spans.push({ kind: 'code', text: match[2] })
    else if (match[3] !== undefined) spans.push({ kind: 'strong', text: match[3] })
    else spans.push({ kind: 'emphasis', text: match[4] ?? '' })
    last = match.index + match[0].length
  }
  if (last < source.length) spans.push({ kind: 'text', text: source.slice(last) })
  return spans
}

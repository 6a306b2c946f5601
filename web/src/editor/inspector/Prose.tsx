import { InlineText } from '~/ui/InlineText'

/** Docstrings use little of Markdown: paragraphs, lists, headings, code. That is shown; HTML never is. */
export function Prose({ text }: { text: string }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: blocks of a fixed text never move.
  return blocksOf(text).map((block, index) => <Block key={index} text={block} />)
}

function blocksOf(text: string): string[] {
  const blocks: string[] = []
  let fence = false
  let current: string[] = []
  const close = () => {
    if (current.length > 0) blocks.push(current.join('\n'))
    current = []
  }
  for (const line of text.split('\n')) {
    const mark = line.trimStart().startsWith('```')
    if (!fence && (line.trim() === '' || mark)) close()
    if (line.trim() !== '' || fence) current.push(line)
    if (mark && fence) close()
    if (mark) fence = !fence
  }
  close()
  return blocks
}

function Block({ text }: { text: string }) {
  if (text.trimStart().startsWith('```')) {
    const lines = text.split('\n').slice(1)
    return (
      <pre>
        <code>{(lines.at(-1)?.trim().startsWith('```') ? lines.slice(0, -1) : lines).join('\n')}</code>
      </pre>
    )
  }
  const heading = /^#{1,4}\s+(.*)$/.exec(text)
  if (heading?.[1])
    return (
      <h3>
        <InlineText text={heading[1]} />
      </h3>
    )
  const items = text.split('\n')
  if (items.every((line) => /^\s*([-*]|\s{2,})/.test(line)) && /^\s*[-*]\s/.test(items[0] ?? '')) {
    return (
      <ul>
        {text.split(/\n(?=\s*[-*]\s)/).map((item) => (
          <li key={item}>
            <InlineText text={item.replace(/^\s*[-*]\s+/, '')} />
          </li>
        ))}
      </ul>
    )
  }
  return (
    <p>
      <InlineText text={text} />
    </p>
  )
}

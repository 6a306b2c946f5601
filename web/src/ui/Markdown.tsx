import { useMemo } from 'react'
import classes from './Markdown.module.css'
import { type Block, parseInline, parseMarkdown, type Span } from './markdown'

/** Text of a docstring. Nothing in it is ever taken as HTML. */
export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => parseMarkdown(text), [text])
  // biome-ignore-start lint/suspicious/noArrayIndexKey: parsed text has no other identity and never reorders.
  return (
    <div className={classes.text}>
      {blocks.map((block, index) => (
        <BlockView key={index} block={block} />
      ))}
    </div>
  )
}

function BlockView({ block }: { block: Block }) {
  switch (block.kind) {
    case 'heading':
      return <h4>{inline(block.text)}</h4>
    case 'paragraph':
      return <p>{inline(block.text)}</p>
    case 'code':
      return (
        <pre>
          <code>{block.text}</code>
        </pre>
      )
    case 'list': {
      const List = block.ordered ? 'ol' : 'ul'
      return (
        <List>
          {block.items.map((item, index) => (
            <li key={index}>{inline(item)}</li>
          ))}
        </List>
      )
    }
  }
}

const inline = (text: string) => parseInline(text).map((span, index) => <SpanView key={index} span={span} />)
// biome-ignore-end lint/suspicious/noArrayIndexKey: see above.

function SpanView({ span }: { span: Span }) {
  switch (span.kind) {
    case 'code':
      return <code>{span.text}</code>
    case 'strong':
      return <strong>{span.text}</strong>
    case 'emphasis':
      return <em>{span.text}</em>
    case 'text':
      return <>{span.text}</>
  }
}

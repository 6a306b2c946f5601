import { describe, expect, it } from 'vitest'
import { parseInline, parseMarkdown } from './markdown'

describe('parseMarkdown', () => {
  it('reads paragraphs, lists with continued lines, headings and fenced code', () => {
    const text = 'One\ntwo.\n\n# Head\n- a\n  goes on\n- b\n\n```yaml\nx:\n  - 1\n```\n1. first\n2. second'
    expect(parseMarkdown(text)).toEqual([
      { kind: 'paragraph', text: 'One two.' },
      { kind: 'heading', text: 'Head' },
      { kind: 'list', ordered: false, items: ['a goes on', 'b'] },
      { kind: 'code', text: 'x:\n  - 1' },
      { kind: 'list', ordered: true, items: ['first', 'second'] },
    ])
  })

  it('takes an unclosed fence to the end and indented text as code', () => {
    expect(parseMarkdown('```\nopen')).toEqual([{ kind: 'code', text: 'open' }])
    expect(parseMarkdown('    indented\n      more\n\ntext')).toEqual([
      { kind: 'code', text: 'indented\n  more' },
      { kind: 'paragraph', text: 'text' },
    ])
  })
})

describe('parseInline', () => {
  it('reads code, bold and emphasis, and leaves lone stars alone', () => {
    expect(parseInline('a `b*c` **d** *e* 2 * 3 * 4')).toEqual([
      { kind: 'text', text: 'a ' },
      { kind: 'code', text: 'b*c' },
      { kind: 'text', text: ' ' },
      { kind: 'strong', text: 'd' },
      { kind: 'text', text: ' ' },
      { kind: 'emphasis', text: 'e' },
      { kind: 'text', text: ' 2 * 3 * 4' },
    ])
  })
})

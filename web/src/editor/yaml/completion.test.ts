import { CompletionContext } from '@codemirror/autocomplete'
import { EditorState } from '@codemirror/state'
import { describe, expect, it } from 'vitest'
import { indexNodeTypes } from '~/model/nodeType'
import { sampleType } from '~/model/sample'
import { yamlCompletion } from './completion'

const types = indexNodeTypes([
  sampleType('table.sort', {
    schema: {
      type: 'object',
      properties: {
        by: { type: 'array', description: 'Columns to sort by' },
        nulls: { enum: ['first', 'last'], default: 'last' },
        stable: { type: 'boolean' },
      },
    },
  }),
])
const document = {
  concertmaster: 1,
  name: 'x',
  nodes: {
    sort: { type: 'table.sort@1' },
    loop: { type: 'flow.for_each@1', body: { nodes: { inner: { type: 'table.sort@1' } } } },
  },
  edges: [],
}

/** Labels offered where `|` stands. */
function offered(text: string): string[] {
  const pos = text.indexOf('|')
  const state = EditorState.create({ doc: text.replace('|', '') })
  const found = yamlCompletion(() => ({ document, types }))(new CompletionContext(state, pos, true))
  return found?.options.map(({ label }) => label) ?? []
}

describe('completion in the text of a workflow', () => {
  it.each([
    ['no|', ['nodes', 'notes']],
    ['nodes:\n  sort:\n    |', ['type', 'config', 'body']],
    ['nodes:\n  sort:\n    type: table.s|', ['table.sort@1']],
    ['nodes:\n  sort:\n    type: table.sort@1\n    config:\n      |', ['by', 'nulls', 'stable']],
    ['nodes:\n  sort:\n    config:\n      nulls: |', ['first', 'last']],
    ['nodes:\n  sort:\n    config:\n      stable: |', ['true', 'false']],
    ['nodes:\n  loop:\n    body:\n      nodes:\n        inner:\n          config:\n            |', ['by']],
    ['edges:\n  - |', ['sort', 'loop']],
    ['edges:\n  - sort -> lo|', ['loop']],
    ['nodes:\n  loop:\n    body:\n      edges:\n        - |', ['inner']],
    ['notes:\n  n:\n    color: |', ['yellow']],
    ['layout:\n  |', ['sort']],
  ])('%j', (text, labels) => {
    expect(offered(text)).toEqual(expect.arrayContaining(labels))
  })

  it('offers nothing where anything may stand', () => {
    expect(offered('vars:\n  |')).toEqual([])
    expect(offered('nodes:\n  sort:\n    title: |')).toEqual([])
  })
})

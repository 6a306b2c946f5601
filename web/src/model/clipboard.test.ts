import { describe, expect, it } from 'vitest'
import { fragmentOf, pasteFragment } from './clipboard'
import { readFragment, writeFragment } from './fragmentText'
import { sampleDocument } from './sample'

describe('clipboard', () => {
  it('goes through text and pastes with fresh ids that follow one another', () => {
    const fragment = readFragment(writeFragment(fragmentOf(sampleDocument, ['late', 'check'])))
    if (!fragment) throw new Error('not read back')
    const pasted = pasteFragment(sampleDocument, fragment, [40, 40])
    expect(pasted.ids).toEqual(['late_2', 'check_2'])
    expect(pasted.document.edges.slice(2)).toEqual(['late_2 -> check_2'])
    expect(pasted.document.nodes.check_2?.config?.condition).toBe('{{ nodes.late_2.rows > 0 }}')
    expect(pasted.document.layout?.late_2).toEqual([328, 40])
  })

  it('does not mix up names that shift by one', () => {
    const fragment = {
      nodes: { a: { type: 't' }, a_2: { type: 't', config: { v: '{{ nodes.a ~ nodes.a_2 }}' } } },
      edges: [],
      layout: {},
      notes: {},
      groups: {},
    }
    const taken = { ...sampleDocument, nodes: { a: { type: 't' } } }
    const pasted = pasteFragment(taken, fragment, [0, 0])
    expect(pasted.ids).toEqual(['a_2', 'a_3'])
    expect(pasted.document.nodes.a_3?.config?.v).toBe('{{ nodes.a_2 ~ nodes.a_3 }}')
  })
})

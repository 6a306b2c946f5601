import { describe, expect, it } from 'vitest'
import { renameInExpressions, renameNode } from './rename'
import { sampleDocument } from './sample'

describe('rename', () => {
  it('renames the node in edges, layout, expressions and outputs', () => {
    const document = { ...sampleDocument, outputs: { rows: '{{ nodes.late.rows }}' } }
    const next = renameNode(document, 'late', 'delayed')
    expect(Object.keys(next.nodes)).toEqual(['flights', 'delayed', 'check'])
    expect(next.edges).toEqual(['flights -> delayed', 'delayed -> check'])
    expect(next.nodes.check?.config?.condition).toBe('{{ nodes.delayed.rows > 0 }}')
    expect(next.outputs).toEqual({ rows: '{{ nodes.delayed.rows }}' })
    expect(next.layout?.delayed).toEqual([288, 0])
    expect(next.nodes.flights).toBe(document.nodes.flights)
  })

  it('never takes an id that is in use', () => {
    expect(renameNode(sampleDocument, 'late', 'check')).toBe(sampleDocument)
  })

  it.each([
    ['{{ nodes.a.rows }} of nodes.a', '{{ nodes.b.rows }} of nodes.a'],
    ["{{ nodes['a'] }}", "{{ nodes['b'] }}"],
    ['{{ nodes . a }}', '{{ nodes . b }}'],
    ["{{ 'nodes.a' ~ nodes.ab }}", "{{ 'nodes.a' ~ nodes.ab }}"],
    ['{{ input.nodes.a }}', '{{ input.nodes.a }}'],
  ])('%s', (text, expected) => {
    expect(renameInExpressions(text, 'a', 'b')).toBe(expected)
  })
})

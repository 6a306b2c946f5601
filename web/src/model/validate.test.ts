import { describe, expect, it } from 'vitest'
import { sampleDocument, sampleTypes } from './sample'
import { mergeProblems, problemNode, validateWiring } from './validate'
import type { WorkflowDocument } from './workflow'

const found = (document: WorkflowDocument) =>
  validateWiring(document, sampleTypes).map((problem) => `${problem.code} ${problem.pointer}`)

describe('validateWiring', () => {
  it('finds nothing in a sound document', () => {
    expect(found(sampleDocument)).toEqual([])
  })

  it('names the place of every kind of wrong wiring', () => {
    const document = {
      ...sampleDocument,
      nodes: { ...sampleDocument.nodes, odd: { type: 'no.such' }, join: { type: 'table.join' } },
      edges: [
        'flights -> late',
        'late -> check',
        'late -> ghost',
        'nonsense',
        'late -> join',
        'join -> join.right',
      ],
    }
    expect(found(document)).toEqual([
      'node.unknown_type /nodes/odd/type',
      'edge.dangling /edges/2',
      'edge.syntax /edges/3',
      'edge.cycle /edges/5',
    ])
  })

  it('finds circles and ports without input', () => {
    expect(found({ ...sampleDocument, edges: ['late -> check', 'check.true -> late'] })).toContain(
      'edge.cycle /edges/1',
    )
    expect(found({ ...sampleDocument, edges: ['late -> check'] })).toEqual(['port.unwired /nodes/late'])
  })

  it('checks a chain of 10,000 nodes without running out of stack', () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => `n${index}`)
    const nodes = Object.fromEntries(ids.map((id) => [id, { type: 'logic.if' }]))
    const edges = ids.slice(1).map((id, index) => `${ids[index]}.true -> ${id}`)
    expect(found({ ...sampleDocument, nodes, edges })).toEqual([])
  })

  it('knows the node of a problem', () => {
    const at = (pointer: string) => ({ code: 'x', pointer, severity: 'error' as const, message: '' })
    expect(problemNode(sampleDocument, at('/nodes/late/config/query'))).toBe('late')
    expect(problemNode(sampleDocument, at('/edges/0'))).toBe('late')
    expect(problemNode(sampleDocument, at('/inputs/month'))).toBeNull()
    expect(mergeProblems([at('/a')], [at('/a'), at('/b')])).toHaveLength(2)
  })
})

import { describe, expect, it } from 'vitest'
import { setConfig, setDisabled, setPolicy, setTitle, setType } from './edits'
import { indexNodeTypes } from './nodeType'
import { sampleDocument, sampleType, sampleTypes } from './sample'
import { mergeProblems, problemNode, sameWiring, validateWiring } from './validate'
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

describe('sameWiring', () => {
  const named = indexNodeTypes([
    ...sampleTypes.values(),
    sampleType('logic.switch', { dynamic_outlets: 'cases', outlets: [] }),
  ])
  const base: WorkflowDocument = {
    ...sampleDocument,
    nodes: { ...sampleDocument.nodes, cases: { type: 'logic.switch', config: { cases: { yes: 'true' } } } },
    edges: [...sampleDocument.edges, 'cases.yes -> late'],
  }
  const edits: [string, (document: WorkflowDocument) => WorkflowDocument, boolean][] = [
    ['a title', (document) => setTitle(document, 'late', 'Late'), true],
    ['a setting', (document) => setConfig(document, 'late', { query: 'select 1' }), true],
    ['off', (document) => setDisabled(document, ['late'], true), true],
    ['a place', (document) => ({ ...document, layout: {} }), true],
    ['cases', (document) => setConfig(document, 'cases', { cases: { no: 'true' } }), false],
    ['a type', (document) => setType(document, 'late', 'http.request'), false],
    ['what undoes it', (document) => setPolicy(document, 'late', { undo: 'check' }), false],
    ['an edge', (document) => ({ ...document, edges: ['flights -> late'] }), false],
    [
      'a node',
      (document) => ({ ...document, nodes: { ...document.nodes, x: { type: 'table.sql' } } }),
      false,
    ],
  ]

  it.each(edits)('%s', (_, edit, same) => {
    const after = edit(base)
    expect(sameWiring(base, after, named)).toBe(same)
    if (same) expect(validateWiring(after, named)).toEqual(validateWiring(base, named))
  })

  it('is never said where the problems differ', () => {
    let seed = 3
    const next = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return seed % below
    }
    let before = base
    for (let step = 0; step < 300; step += 1) {
      const after = edits[next(edits.length)]?.[1](next(4) === 0 ? base : before) ?? base
      if (sameWiring(before, after, named)) {
        expect(validateWiring(after, named)).toEqual(validateWiring(before, named))
      }
      before = after
    }
  })
})

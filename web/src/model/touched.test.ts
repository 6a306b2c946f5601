import { describe, expect, it } from 'vitest'
import { moveNodes, setConfig, setTitle } from './edits'
import { sampleDocument } from './sample'
import { touched } from './touched'

describe('touched', () => {
  it('names the field that a keystroke changed', () => {
    expect(touched(sampleDocument, setConfig(sampleDocument, 'late', { query: 'select 1' }))).toBe(
      '/nodes/late/config/query',
    )
    expect(touched(sampleDocument, setTitle(sampleDocument, 'late', 'Late'))).toBe('/nodes/late/title')
  })

  it('names what moved together', () => {
    const one = moveNodes(sampleDocument, { late: [1, 1] })
    const two = moveNodes(sampleDocument, { late: [1, 1], check: [9, 9] })
    expect(touched(sampleDocument, one)).toBe('/layout/late')
    expect(touched(sampleDocument, two)).toBe('/layout{check,late}')
  })

  it('names what was added or taken away, and escapes', () => {
    expect(touched({ a: { 'x/y': 1 } }, { a: {} })).toBe('/a/x~1y')
    expect(touched({ a: {} }, { a: { b: 1 } })).toBe('/a/b')
    expect(touched([1, { a: 1 }], [1, { a: 2 }])).toBe('/1/a')
    expect(touched({ at: [1, 2] }, { at: [1, 3] })).toBe('/at')
    expect(touched(1, 2)).toBe('')
  })
})

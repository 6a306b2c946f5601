import { describe, expect, it } from 'vitest'
import { fragmentOf, pasteFragment } from './clipboard'
import { readFragment, writeFragment } from './fragmentText'
import type { JsonObject } from './json'
import { sampleDocument } from './sample'
import { emptyDocument } from './workflow'

describe('copied nodes as text', () => {
  it('are YAML as one would write it', () => {
    expect(writeFragment(fragmentOf(sampleDocument, ['flights', 'late']))).toBe(`concertmaster: 1
nodes:
  flights:
    type: file.read@1
    config:
      path: flights.csv
  late:
    type: table.sql@1
    config:
      query: select * from input where month = {{ inputs.month }}
edges:
  - flights -> late
layout:
  flights: [ 0, 0 ]
  late: [ 288, 0 ]
`)
  })

  it('come back as they were, whatever their settings hold', () => {
    const strings = [
      '',
      ' ',
      'yes',
      '0x1F',
      '1e3',
      'null',
      '~',
      '- a',
      'a: b',
      '#x',
      '{{ a }}',
      'a\nb\n',
      '  a\n b',
      'ü "q" \'',
      '\t',
      '%',
      '@x',
      '`x',
      '!t',
      '&a',
      '*a',
      '---',
      'a\r\nb',
    ]
    let seed = 7
    const next = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return seed % below
    }
    const value = (depth: number): unknown => {
      const kind = next(depth > 2 ? 4 : 6)
      if (kind < 2) return strings[next(strings.length)]
      if (kind === 2) return next(1000) - 500
      if (kind === 3) return [null, true, false, 0.5][next(4)]
      if (kind === 4) return Array.from({ length: next(4) }, () => value(depth + 1))
      return Object.fromEntries(
        Array.from({ length: next(4) }, (_, at) => [`${strings[next(23)]}${at}`, value(depth + 1)]),
      )
    }
    for (let round = 0; round < 300; round += 1) {
      const config: JsonObject = { value: value(0) as JsonObject }
      const fragment = {
        nodes: { a: { type: 'data.set@1', config } },
        edges: [],
        layout: { a: [1, 2] as const },
        notes: { n: { text: 'x', at: [0, 8] as const, size: [120, 80] as const, color: 'blue' as const } },
        groups: { g: { title: 'G', color: 'red' as const, nodes: ['a'] } },
      }
      expect(readFragment(writeFragment(fragment))).toEqual(fragment)
    }
  })

  it('are read from JSON, from a whole workflow, from nodes alone and from a fenced block', () => {
    const ids = (text: string) => Object.keys(readFragment(text)?.nodes ?? {})
    expect(ids(JSON.stringify({ concertmaster: 1, ...fragmentOf(sampleDocument, ['late']) }))).toEqual([
      'late',
    ])
    const whole = readFragment(JSON.stringify({ ...sampleDocument, triggers: { t: { type: 'manual' } } }))
    expect(whole).toEqual({
      nodes: sampleDocument.nodes,
      edges: sampleDocument.edges,
      layout: sampleDocument.layout,
      notes: {},
      groups: {},
    })
    expect(ids('late:\n  type: table.sql@1\n  config: {query: select 1}\n')).toEqual(['late'])
    expect(ids('```yaml\nnodes:\n  a:\n    type: data.set\n```\n')).toEqual(['a'])
  })

  it('paste into a workflow without places', () => {
    const fragment = readFragment('nodes:\n  a: {type: data.set}\n  b: {type: data.set}\nedges: [a -> b]\n')
    const pasted = fragment && pasteFragment(emptyDocument('new'), fragment, [0, 0])
    expect(pasted?.document.edges).toEqual(['a -> b'])
    expect(new Set(Object.values(pasted?.document.layout ?? {}).map(String)).size).toBe(2)
  })

  it('leave foreign text alone', () => {
    const bomb = `a: &a [x]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h']
      .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[at]}`).join(', ')}]`)
      .join('\n')}\n`
    const foreign = [
      '',
      'hello',
      '[1]',
      '{"nodes": {"a": {}}}',
      '{"nodes": {}}',
      'a: {b',
      'a: 1',
      'type: x',
      bomb,
    ]
    for (const text of foreign) expect(readFragment(text)).toBeNull()
  })
})

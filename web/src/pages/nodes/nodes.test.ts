import { describe, expect, it } from 'vitest'
import type { NodeType } from '~/model/nodeType'
import { fieldRows } from './fieldRows'
import { groupTypes } from './groupTypes'

const type = (id: string, category: string, title: string, tags: string[] = []) =>
  ({ id, category, title, tags, description: '' }) as unknown as NodeType

describe('groupTypes', () => {
  const types = [
    type('x.y', 'own', 'Mine'),
    type('table.sql', 'tables', 'SQL', ['query']),
    type('file.read', 'files', 'Read'),
  ]

  it('orders categories by the way of the data, unknown ones last', () => {
    expect(groupTypes(types, '').map((group) => group.category)).toEqual(['files', 'tables', 'own'])
  })
  it('needs every word, in any field', () => {
    expect(groupTypes(types, 'query sql').flatMap((group) => group.types.map((item) => item.id))).toEqual([
      'table.sql',
    ])
    expect(groupTypes(types, 'query file')).toEqual([])
  })
})

describe('fieldRows', () => {
  it('says types in words, through references and unions', () => {
    const rows = fieldRows({
      type: 'object',
      required: ['query'],
      properties: {
        query: { type: 'string', format: 'sql', description: 'One SELECT.' },
        mode: { $ref: '#/$defs/Mode', default: 'a' },
        limit: { anyOf: [{ type: 'integer' }, { type: 'null' }], default: null },
        by: { type: 'array', items: { type: 'string' } },
        measures: { type: 'object', additionalProperties: { type: 'string' } },
      },
      $defs: { Mode: { enum: ['a', 'b'] } },
    })
    expect(rows.map((row) => [row.name, row.type, row.required])).toEqual([
      ['query', 'sql', true],
      ['mode', '"a" | "b"', false],
      ['limit', 'integer', false],
      ['by', 'list of string', false],
      ['measures', 'map of string', false],
    ])
    expect(rows[1]?.fallback).toBe('a')
  })
})

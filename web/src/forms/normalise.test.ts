import { describe, expect, it } from 'vitest'
import type { JsonObject } from '~/model/json'
import { normalise, propertiesOf, variantFor } from './normalise'

const root: JsonObject = {
  $defs: {
    Mode: { enum: ['fast', 'safe'], title: 'Mode', type: 'string' },
    Csv: {
      type: 'object',
      title: 'CSV',
      properties: { kind: { const: 'csv', type: 'string' }, separator: { type: 'string', default: ',' } },
    },
    Json: { type: 'object', title: 'JSON', properties: { kind: { const: 'json', type: 'string' } } },
    Tree: { type: 'object', properties: { children: { type: 'array', items: { $ref: '#/$defs/Tree' } } } },
  },
}

describe('normalise', () => {
  it('inlines references; what stands beside them wins', () => {
    const field = normalise({ $ref: '#/$defs/Mode', default: 'safe', title: 'How' }, root)
    expect(field).toMatchObject({ kind: 'enum', options: ['fast', 'safe'], fallback: 'safe', title: 'How' })
    expect(normalise({ allOf: [{ $ref: '#/$defs/Mode' }] }, root).kind).toBe('enum')
    expect(normalise({ $ref: '#/$defs/Missing' }, root).kind).toBe('json')
  })

  it('reads "X or null" as an optional X', () => {
    const field = normalise(
      { anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }], title: 'Limit' },
      root,
    )
    expect(field).toMatchObject({ kind: 'number', nullable: true, title: 'Limit' })
    expect(field.schema.minimum).toBe(1)
    expect(normalise({ type: ['string', 'null'] }, root)).toMatchObject({ kind: 'string', nullable: true })
  })

  it('makes a choice of constants, and variants of everything else', () => {
    expect(normalise({ anyOf: [{ const: 'a' }, { const: 'b' }] }, root).options).toEqual(['a', 'b'])
    const union = normalise({ type: ['string', 'integer'] }, root)
    expect(union.kind).toBe('union')
    expect(union.variants.map((variant) => variant.title)).toEqual(['Text', 'Number'])
  })

  it('knows the variant of a value by its tag or its type, and hides the tag', () => {
    const { variants } = normalise(
      { oneOf: [{ $ref: '#/$defs/Csv' }, { $ref: '#/$defs/Json' }], discriminator: { propertyName: 'kind' } },
      root,
    )
    expect(variants.map((variant) => variant.title)).toEqual(['CSV', 'JSON'])
    expect(variantFor(variants, { kind: 'json' })).toBe(1)
    expect(variantFor(variants, undefined)).toBe(0)
    const csv = variants[0]
    expect(csv && propertiesOf(csv.schema, csv.tag?.key ?? null).map((property) => property.name)).toEqual([
      'separator',
    ])
    const plain = normalise({ type: ['string', 'integer'] }, root).variants
    expect(variantFor(plain, 3)).toBe(1)
  })

  it('tells objects, maps and the rest apart', () => {
    expect(normalise({ type: 'object', additionalProperties: { type: 'string' } }, root).kind).toBe('map')
    expect(normalise({ type: 'object' }, root).kind).toBe('json')
    expect(normalise({}, root).kind).toBe('json')
    expect(normalise({ type: 'object', properties: {} }, root).kind).toBe('object')
  })

  it('survives a recursive schema and writes labels in sentence case', () => {
    const tree = normalise({ $ref: '#/$defs/Tree' }, root)
    expect(tree.properties[0]?.name).toBe('children')
    expect(normalise({ title: 'Maximum Attempts' }, root).title).toBe('Maximum attempts')
    expect(normalise({ type: 'string' }, root, 'base_url').title).toBe('Base url')
    expect(normalise({ title: 'SQL query' }, root).title).toBe('SQL query')
  })

  it('sorts properties by x-order', () => {
    const schema = { properties: { b: { 'x-order': 2 }, a: { 'x-order': 1 } }, required: ['a'] }
    expect(propertiesOf(schema, null)).toMatchObject([
      { name: 'a', required: true },
      { name: 'b', required: false },
    ])
  })
})

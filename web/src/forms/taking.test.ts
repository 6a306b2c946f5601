import { describe, expect, it } from 'vitest'
import type { JsonObject } from '~/model/json'
import { pathTo } from './dragging'
import { normalise } from './normalise'
import { taken, takes } from './taking'

const field = (schema: JsonObject) => normalise(schema, schema)
const path = { kind: 'path', name: 'input.town' } as const
const column = { kind: 'column', name: 'people' } as const

describe('what fields take', () => {
  it('takes columns where the schema asks for them, names them in code, and reaches into items', () => {
    const columns = field({ type: 'array', items: { type: 'string' }, 'x-options': 'columns' })
    expect(takes(columns, true)).toEqual(['path', 'column'])
    expect(taken(columns, undefined, column)).toEqual(['people'])
    expect(taken(columns, ['city'], column)).toEqual(['city', 'people'])
    expect(taken(columns, ['people'], column)).toEqual(['people'])
    const query = field({ type: 'string', format: 'sql' })
    expect(taken(query, 'select', column)).toBe('select people')
    expect(taken(query, 'select', { kind: 'column', name: 'two words' })).toBe('select "two words"')
    expect(taken(field({ 'x-per-item': true }), undefined, column)).toBe('{{ item.people }}')
  })

  it('makes an expression of a path: texts and expressions go on, fixed values give way', () => {
    expect(takes(field({ type: 'number' }), true)).toEqual(['path'])
    expect(takes(field({ type: 'number' }), false)).toEqual([])
    expect(taken(field({ type: 'number' }), 3, path)).toBe('{{ input.town }}')
    expect(taken(field({ type: 'string' }), '{{ vars.a }}', path)).toBe('{{ vars.a }} {{ input.town }}')
    expect(taken(field({ type: 'string', format: 'textarea' }), 'Dear', path)).toBe('Dear {{ input.town }}')
  })

  it('names parts as expressions do', () => {
    expect(pathTo('input', 'town')).toBe('input.town')
    expect(pathTo('input', 'two words')).toBe("input['two words']")
    expect(pathTo('input', "it's")).toBe("input['it\\'s']")
    expect(pathTo('input.list', 0)).toBe('input.list[0]')
  })
})

import { describe, expect, it } from 'vitest'
import { findType, indexNodeTypes, type NodeType } from './nodeType'

const type = (id: string, version: number) => ({ id, version, title: `${id} ${version}` }) as NodeType

describe('node types by version', () => {
  const types = indexNodeTypes([type('acme.a', 1), type('acme.a', 3), type('acme.a', 2), type('acme.b', 1)])

  it('lists each type once, in its newest version', () => {
    expect([...types.values()].map(({ id, version }) => [id, version])).toEqual([
      ['acme.a', 3],
      ['acme.b', 1],
    ])
  })

  it('finds the version that a node names, the newest when it names none', () => {
    expect(findType(types, 'acme.a@1')?.version).toBe(1)
    expect(findType(types, 'acme.a@3')?.version).toBe(3)
    expect(findType(types, 'acme.a')?.version).toBe(3)
  })

  it('has none for a version or a type that is gone: such a node stays a placeholder', () => {
    expect(findType(types, 'acme.a@9')).toBeNull()
    expect(findType(types, 'acme.b@2')).toBeNull()
    expect(findType(types, 'acme.c@1')).toBeNull()
  })
})

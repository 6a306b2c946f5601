import { describe, expect, it } from 'vitest'
import { type Collapsed, collapse, isRefusal, type Refusal } from './collapse'
import { parseEdges } from './edges'
import { indexNodeTypes } from './nodeType'
import { seeded } from './ops.random'
import { referencesIn } from './rename'
import { sampleType } from './sample'
import { validateWiring } from './validate'
import type { WorkflowDocument } from './workflow'

const ANY = { kind: 'any' } as const
const JSON_TYPE = { kind: 'json' } as const
const implicit = [{ name: 'in', type: ANY, required: false, implicit: true }]
const types = indexNodeTypes([
  sampleType('data.set', { ports: implicit, outlets: [{ name: 'out', type: JSON_TYPE }] }),
  sampleType('data.map', {
    ports: [{ name: 'in', type: JSON_TYPE, required: true }],
    outlets: [{ name: 'out', type: JSON_TYPE }],
  }),
  sampleType('flow.call', { ports: implicit, outlets: [{ name: 'out', type: JSON_TYPE }] }),
  sampleType('file.read', { ports: implicit }),
  sampleType('table.filter'),
  sampleType('logic.if', {
    ports: [{ name: 'in', type: ANY, required: false }],
    outlets: [
      { name: 'true', type: ANY, passthrough: true },
      { name: 'false', type: ANY, passthrough: true },
    ],
  }),
])
const wish = { name: 'part', title: 'Part' }

const flow = (
  nodes: Record<string, string | [string, object]>,
  edges: string[],
  more: Partial<WorkflowDocument> = {},
): WorkflowDocument => ({
  concertmaster: 1,
  name: 'whole',
  nodes: Object.fromEntries(
    Object.entries(nodes).map(([id, told]) => {
      const [type, config] = typeof told === 'string' ? [told, {}] : told
      return [id, { type: `${type}@1`, config: config as never }]
    }),
  ),
  edges,
  ...more,
})

function made(document: WorkflowDocument, ids: string[]): Collapsed {
  const found = collapse(document, types, ids, wish)
  if (isRefusal(found)) throw new Error(JSON.stringify(found))
  expect(validateWiring(found.workflow, types)).toEqual([])
  expect(validateWiring(found.document, types)).toEqual([])
  return found
}

describe('a selection as a workflow of its own', () => {
  const document = flow(
    {
      rate: ['data.set', { value: 2 }],
      list: ['data.set', { value: [1] }],
      twice: ['data.map', { value: "{{ item_of * nodes.rate * inputs.by * vars.k }} {{ nodes['rate'] }}" }],
      more: ['data.map', {}],
      end: ['data.map', { value: '{{ nodes.twice.n }} {{ nodes.more }}' }],
    },
    ['rate -> list', 'list -> twice', 'twice -> more', 'more -> end'],
    {
      inputs: { by: { type: 'integer', default: 3 }, other: {} },
      vars: { k: 4 },
      outputs: { n: '{{ nodes.twice }}' },
      layout: { rate: [0, 0], list: [100, 0], twice: [300, 40], more: [600, 80], end: [900, 0] },
    },
  )

  it('is given what it reads and gives what is read of it', () => {
    const { workflow, document: whole, call, inputs, outputs } = made(document, ['twice', 'more'])
    expect(inputs).toEqual(['list', 'rate', 'by'])
    expect(outputs).toEqual(['more', 'twice'])
    expect(workflow).toMatchObject({
      name: 'part',
      title: 'Part',
      inputs: { by: { type: 'integer', default: 3 }, list: {}, rate: {} },
      vars: { k: 4 },
      edges: ['twice -> more', 'list -> twice'],
      outputs: { more: '{{ nodes.more }}', twice: '{{ nodes.twice }}' },
    })
    expect(workflow.nodes.list).toMatchObject({ type: 'data.set@1', config: { value: '{{ inputs.list }}' } })
    expect(workflow.nodes.twice?.config?.value).toBe(
      '{{ item_of * inputs.rate * inputs.by * vars.k }} {{ inputs.rate }}',
    )
    expect(workflow.nodes.rate).toBeUndefined()
    expect(call).toBe('part')
    expect(whole.nodes.part?.config).toEqual({
      workflow: 'part',
      inputs: { by: '{{ inputs.by }}', list: '{{ nodes.list }}', rate: '{{ nodes.rate }}' },
    })
    // The id of what went is free again.
    expect(whole.nodes.more?.config).toEqual({ value: '{{ nodes.part.more }}' })
    expect(whole.edges).toEqual(['rate -> list', 'list -> part', 'part -> more', 'more -> end'])
    expect(whole.nodes.end?.config?.value).toBe('{{ nodes.part.twice.n }} {{ nodes.part.more }}')
    expect(whole.outputs).toEqual({ n: '{{ nodes.part.twice }}' })
    expect(whole.layout?.part).toEqual([304, 40])
    expect(workflow.layout?.twice).toEqual([0, 0])
  })

  it('only ordered nodes need no value', () => {
    const ordered = flow({ a: 'file.read', b: 'file.read', c: 'file.read' }, ['a -> b', 'b -> c'])
    const { workflow, document: whole, inputs, outputs } = made(ordered, ['b'])
    expect([inputs, outputs]).toEqual([[], []])
    expect(Object.keys(workflow.nodes)).toEqual(['b'])
    expect(whole.edges).toEqual(['a -> part', 'part -> c'])
  })

  it.each<[string, WorkflowDocument, string[], Refusal['why']]>([
    ['nothing', document, [], 'nothing'],
    ['a way out and back', document, ['list', 'more'], 'around'],
    ['a table', flow({ a: 'file.read', b: 'table.filter' }, ['a -> b']), ['b'], 'table'],
    ['a table out', flow({ a: 'file.read', b: 'table.filter' }, ['a -> b']), ['a'], 'table'],
    ['a branch', flow({ a: 'logic.if', b: 'file.read' }, ['a.true -> b']), ['a'], 'branch'],
    ['a failure', flow({ a: 'file.read', b: 'data.map' }, ['a.error -> b']), ['a'], 'error'],
    [
      'branches inside',
      flow({ a: 'logic.if', b: 'file.read', c: 'file.read' }, ['a.true -> b', 'b -> c']),
      ['a', 'b'],
      'branches',
    ],
    [
      'two conditions',
      flow({ a: 'logic.if', b: 'logic.if', c: 'file.read' }, ['a.true -> c', 'b.true -> c']),
      ['c'],
      'branches',
    ],
    ['a trigger', flow({ a: ['data.set', { value: '{{ trigger.body }}' }] }, []), ['a'], 'root'],
    ['a finally', flow({ a: 'data.set', b: 'data.set' }, [], { policy: { finally: 'b' } }), ['b'], 'policy'],
  ])('%s is refused with the reason', (_, graph, ids, why) => {
    expect(collapse(graph, types, ids, wish)).toMatchObject({ why })
  })

  it('an item is its own where a node goes through a list, and that of the loop in a body', () => {
    const graph = flow({ a: ['data.set', { value: '{{ item.x }}' }] }, [])
    expect(isRefusal(collapse(graph, types, ['a'], wish))).toBe(false)
    expect(collapse(graph, types, ['a'], { ...wish, container: { type: 'flow.for_each@1' } })).toMatchObject({
      why: 'root',
      root: 'item',
    })
    const loop = { type: 'flow.for_each@1', config: { result: '{{ nodes.a.n }}' } }
    const plain = flow({ a: ['data.set', { value: 1 }] }, [])
    expect(collapse(plain, types, ['a'], { ...wish, container: loop })).toMatchObject({ why: 'result' })
  })

  it('any graph of values: wires hold, and nothing is read that is not there', () => {
    let tried = 0
    for (let seed = 1; seed <= 400; seed += 1) {
      const random = seeded(seed)
      const names = ['a', 'b', 'c', 'd', 'e', 'f']
      const edges: string[] = []
      const nodes: Record<string, [string, object]> = {}
      for (const [at, id] of names.entries()) {
        const before = names.slice(0, at).filter(() => random(2) === 0)
        const wired = at > 0 && random(3) > 0 ? names[random(at)] : undefined
        nodes[id] = [wired ? 'data.map' : 'data.set', { value: before.map((one) => `{{ nodes.${one} }}`) }]
        if (wired) edges.push(`${wired} -> ${id}`)
        for (const one of before) if (one !== wired && !wired) edges.push(`${one} -> ${id}`)
      }
      const ids = names.filter(() => random(2) === 0)
      const found = collapse(flow(nodes, edges, { outputs: { last: '{{ nodes.f }}' } }), types, ids, wish)
      if (isRefusal(found)) continue
      tried += 1
      for (const graph of [found.workflow, found.document]) {
        expect(validateWiring(graph, types), `seed ${seed}`).toEqual([])
        const read = referencesIn([
          ...Object.values(graph.nodes).map(({ config }) => config ?? null),
          graph.outputs ?? null,
        ])
        for (const { root, name } of read) {
          if (root === 'nodes') expect(graph.nodes, `seed ${seed}`).toHaveProperty(name ?? '')
          if (root === 'inputs') expect(graph.inputs, `seed ${seed}`).toHaveProperty(name ?? '')
        }
        for (const { source, target } of parseEdges(graph.edges)) expect(source).not.toBe(target)
      }
      const inside = Object.keys(found.workflow.nodes).filter((id) => ids.includes(id))
      expect(inside.sort()).toEqual([...ids].sort())
    }
    expect(tried).toBeGreaterThan(50)
  })
})

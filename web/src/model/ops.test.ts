import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { apply, type Change, compact, diff, inverses, type Operation } from './ops'
import { randomDocument, randomEdit, seeded } from './ops.random'
import { emptyDocument, type WorkflowDocument } from './workflow'

const start: WorkflowDocument = {
  ...emptyDocument('flow'),
  nodes: {
    read: { type: 'file.read', config: { path: 'a.csv' } },
    loop: { type: 'flow.for_each', body: { nodes: { one: { type: 'data.set' } }, edges: [] } },
  },
  edges: ['read -> loop'],
  layout: { read: [0, 0] },
}
const same = (left: WorkflowDocument, right: WorkflowDocument) => expect(diff(left, right)).toEqual([])

describe('diff', () => {
  it('names the smallest places', () => {
    const to: WorkflowDocument = {
      ...start,
      nodes: { ...start.nodes, read: { type: 'file.read', config: { path: 'b.csv', header: false } } },
      edges: ['read.out -> loop'],
      layout: { read: [8, 0] },
    }
    expect(diff(start, to)).toEqual([
      { path: '/nodes/read/config/path', before: 'a.csv', after: 'b.csv' },
      { path: '/nodes/read/config/header', after: false },
      { path: '/edges/read -> loop', before: true },
      { path: '/edges/read.out -> loop', after: true },
      { path: '/layout/read', before: [0, 0], after: [8, 0] },
    ])
  })

  it('takes a node that comes or goes as one value, and sees no difference in what is empty', () => {
    const { read, ...others } = start.nodes
    expect(diff(start, { ...start, nodes: others })).toEqual([{ path: '/nodes/read', before: read }])
    same(emptyDocument('flow'), { ...emptyDocument('flow'), layout: {}, inputs: {} })
  })
})

describe('apply', () => {
  it('collides where somebody else was, and applies the rest', () => {
    const theirs = apply(start, [
      { path: '/nodes/read/config/path', before: 'a.csv', after: 'c.csv' },
    ]).document
    const mine = [
      { path: '/nodes/read/config/path', before: 'a.csv', after: 'b.csv' },
      { path: '/nodes/read/title', after: 'Read' },
    ]
    const { document, collisions } = apply(theirs, mine)
    expect(collisions).toEqual([{ change: mine[0], theirs: 'c.csv' }])
    expect(document.nodes.read).toEqual({ type: 'file.read', title: 'Read', config: { path: 'c.csv' } })
  })

  it('collides inside of a node that is gone, and on removing a node that was changed', () => {
    const read = start.nodes.read
    const without = apply(start, [{ path: '/nodes/read', before: read as never }]).document
    const inside = { path: '/nodes/read/config/header', after: false }
    expect(apply(without, [inside]).collisions).toEqual([{ change: inside }])
    const changed = apply(start, [inside]).document
    expect(apply(changed, [{ path: '/nodes/read', before: read as never }]).collisions).toHaveLength(1)
  })

  it('makes the maps that were left out, in bodies too', () => {
    const changes = [
      { path: '/nodes/loop/body/nodes/two', after: { type: 'data.set' } },
      { path: '/nodes/loop/body/edges/one -> two', after: true },
      { path: '/nodes/read/policy/timeout', after: '5s' },
    ]
    const { document, collisions } = apply(start, changes)
    expect(collisions).toEqual([])
    expect(document.nodes.loop?.body?.edges).toEqual(['one -> two'])
    expect(document.nodes.read?.policy).toEqual({ timeout: '5s' })
  })
})

describe('compact', () => {
  it('joins what is typed into one field and forgets what was taken back', () => {
    const typed = ['a', 'ab', 'abc'].map((after, i) => ({ path: '/title', before: 'abc'.slice(0, i), after }))
    expect(compact(typed)).toEqual([{ path: '/title', before: '', after: 'abc' }])
    expect(
      compact([
        { path: '/title', after: 'a' },
        { path: '/title', before: 'a' },
      ]),
    ).toEqual([])
  })

  it('keeps the order around a node that goes', () => {
    const changes = [
      { path: '/nodes/read/title', after: 'x' },
      { path: '/nodes/read', before: { type: 'file.read', title: 'x', config: { path: 'a.csv' } } },
      { path: '/nodes/read', after: { type: 'data.set' } },
      { path: '/nodes/read/title', after: 'y' },
    ]
    const whole = apply(start, changes)
    const short = apply(start, compact(changes))
    expect(short.collisions).toEqual([])
    same(short.document, whole.document)
  })
})

describe('whatever the documents', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    it(`holds for seed ${seed}`, () => {
      const random = seeded(seed)
      const from = randomDocument(random)
      let to = from
      const steps: Operation[] = []
      for (let i = 0; i < 12; i += 1) {
        const next = randomEdit(to, random)
        steps.push(...diff(to, next).map((change, n) => ({ ...change, id: `${i}.${n}` })))
        to = next
      }
      const there = apply(from, diff(from, to))
      expect(there.collisions).toEqual([])
      same(there.document, to)
      const back = apply(to, inverses(diff(from, to)))
      expect(back.collisions).toEqual([])
      same(back.document, from)
      for (const changes of [steps, compact(steps)]) {
        const again = apply(from, changes)
        expect(again.collisions).toEqual([])
        same(again.document, to)
      }
    })
  }
})

interface Case {
  document: WorkflowDocument
  ops: Operation[]
  after: WorkflowDocument
  conflicts: { id: string; theirs?: Change['after'] }[]
}

it('comes to the same as the server, which checks the same cases', () => {
  const cases = JSON.parse(readFileSync('../tests/data/draft_cases.json', 'utf8')) as Case[]
  for (const { document, ops, after, conflicts } of cases) {
    const done = apply(document, ops)
    same(done.document, after)
    expect(done.collisions.map(({ change, ...rest }) => ({ id: change.id, ...rest }))).toEqual(conflicts)
  }
})

import { describe, expect, it } from 'vitest'
import { diff } from '~/model/ops'
import { randomDocument, randomEdit, seeded } from '~/model/ops.random'
import { sampleDocument } from '~/model/sample'
import { completeDocument, type WorkflowDocument } from '~/model/workflow'
import { locate, patchText, pathAt, readText, writeText } from './text'

const read = (text: string) => {
  const found = readText(text, sampleDocument.name)
  if (!found.ok) throw new Error(`line ${found.line}: ${found.message}`)
  return found.document
}
/** Nothing and an empty map are the same. */
const same = (left: WorkflowDocument, right: WorkflowDocument) => expect(diff(left, right)).toEqual([])

const WRITTEN = `# Flights of one day
concertmaster: 1
name: ${sampleDocument.name}

nodes:
  # the file comes at six
  read: {type: file.read@1, config: {path: 'a.csv'}}

  keep:
    type: table.filter@1 # only large ones
    config:
      condition: "people > 1"
edges:
  - read -> keep # all rows
layout:
  read: [0, 0]
  keep: [280, 0]
`

function patched(text: string, edit: (document: WorkflowDocument) => WorkflowDocument): string {
  const before = read(text)
  const after = edit(before)
  const next = patchText(text, diff(before, after), after)
  same(read(next), after)
  return next
}

describe('the text of a document', () => {
  it('says the same as the document', () => {
    same(read(writeText(sampleDocument)), sampleDocument)
    expect(writeText(sampleDocument)).toContain('late: [288, 0]')
  })

  it('changes only where the document did', () => {
    const next = patched(WRITTEN, (document) => ({
      ...document,
      nodes: {
        ...document.nodes,
        keep: { type: 'table.filter@1', config: { condition: 'people > 7' } },
      },
    }))
    expect(next).toBe(WRITTEN.replace('people > 1', 'people > 7'))
  })

  it('keeps comments, blank lines, quotes and order when nodes and wires come and go', () => {
    const next = patched(WRITTEN, (document) => ({
      ...document,
      title: 'New',
      nodes: { ...document.nodes, sort: { type: 'table.sort@1', config: { by: ['people'] } } },
      edges: [...document.edges, 'keep -> sort'],
      layout: { ...document.layout, sort: [560, 0] },
    }))
    for (const line of WRITTEN.split('\n')) expect(next).toContain(line)
    expect(next.split('\n').indexOf('title: New')).toBe(3)
    expect(next).toContain('  sort: [560, 0]')
    const back = patched(next, () => read(WRITTEN))
    expect(back).toBe(WRITTEN)
  })

  it('follows any edits of any document', () => {
    for (let seed = 1; seed <= 150; seed += 1) {
      const random = seeded(seed)
      let document = completeDocument(randomDocument(random))
      let text = writeText(document)
      for (let step = 0; step < 4; step += 1) {
        const after = randomEdit(document, random)
        text = patchText(text, diff(document, after), after)
        const found = readText(text, after.name)
        if (!found.ok) throw new Error(`seed ${seed}: ${found.message}\n${text}`)
        expect(diff(found.document, after), `seed ${seed}`).toEqual([])
        document = after
      }
    }
  })

  it('is written anew where it cannot be changed in place', () => {
    const text = `name: x\nnodes:\n  a: &one {type: data.set@1, config: {value: 1}}\n  b: *one\n`
    const before = read(text)
    const after = { ...before, nodes: { ...before.nodes, b: { type: 'data.set@1', config: { value: 2 } } } }
    same(read(patchText(text, diff(before, after), after)), after)
  })
})

describe('a text that cannot be applied', () => {
  it.each([
    ['nodes: {a: ', 1, /flow map/i],
    ['name: x\nnodes:\n  a: {type: t}\n  a: {type: u}', 4, /unique/],
    ['name: x\nnodes: 3', 2, /mapping/],
    ['name: x\nnodes:\n  a:\n', 3, /mapping with a type/],
    ['name: x\nnodes:\n  a: {type: t, config: []}', 3, /config/],
    ['edges: [1]', 1, /list of texts/],
    ['layout: {a: [1]}', 1, /two numbers/],
    ['- a', 1, /mapping of keys/],
    ['', 1, /mapping of keys/],
    [`a: &x [1]\nb: *y`, 1, /alias|anchor/i],
  ])('%j names its line', (text, line, message) => {
    const found = readText(text, 'x')
    expect(found).toMatchObject({ ok: false, line })
    expect(found.ok ? '' : found.message).toMatch(message)
  })

  it('is not blown up by aliases', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
    for (let level = 0; level < 9; level += 1) {
      const [from, to] = [String.fromCharCode(97 + level), String.fromCharCode(98 + level)]
      bomb.push(`${to}: &${to} [${Array(9).fill(`*${from}`).join(', ')}]`)
    }
    expect(readText(bomb.join('\n'), 'x').ok).toBe(false)
  })
})

describe('places', () => {
  it('are found by pointer, and the nearest around one that is not there', () => {
    const line = (pointer: string) => {
      const [place] = locate(WRITTEN, [pointer])
      return place ? WRITTEN.slice(place.from, place.to) : null
    }
    expect(line('/nodes/keep/config/condition')).toBe('condition: "people > 1"')
    expect(line('/edges/0')).toMatch(/^read -> keep/)
    expect(line('/nodes/keep/config/missing')).toBe('config:')
    expect(line('/nothing')).toBeNull()
  })

  it('tell in which node one stands', () => {
    expect(pathAt(WRITTEN, WRITTEN.indexOf('"people'))).toEqual(['nodes', 'keep', 'config', 'condition'])
    expect(pathAt(WRITTEN, 0)).toEqual([])
  })
})

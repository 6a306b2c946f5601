import { describe, expect, it } from 'vitest'
import { sampleDocument } from '~/model/sample'
import type { WorkflowDocument } from '~/model/workflow'
import type { TextEngine } from './engine'
import { locate, patchText, pathAt, readText, writeText } from './text'
import { type KeptText, TextSync } from './textSync'

const engine: TextEngine = {
  write: async (document) => writeText(document),
  read: async (text, name) => readText(text, name),
  patch: async (text, changes, to) => patchText(text, changes, to),
  locate: async (text, pointers) => locate(text, pointers),
  pathAt: async (text, offset) => pathAt(text, offset),
  close: () => undefined,
}

async function open(start: WorkflowDocument = sampleDocument, kept: KeptText | null = null) {
  const side = {
    document: start,
    get: () => side.document,
    set: (next: WorkflowDocument) => {
      side.document = next
      sync.documentChanged()
    },
  }
  const sync = new TextSync(engine, side, { kept, pauseMs: 0 })
  await sync.settled()
  const text = () => sync.store.getState().text ?? ''
  return { side, sync, text }
}

const edited = (document: WorkflowDocument, title: string): WorkflowDocument => ({ ...document, title })

describe('text and document', () => {
  it('follow each other, and a comment outlives both', async () => {
    const { side, sync, text } = await open()
    sync.type(`# mine\n${text()}`.replace('name: ', 'title: Typed\nname: '))
    await sync.flush()
    expect(side.document.title).toBe('Typed')
    side.set(edited(side.document, 'Drawn'))
    await sync.settled()
    expect(text()).toMatch(/^# mine\n/)
    expect(text()).toContain('title: Drawn')
    expect(sync.store.getState()).toMatchObject({ pending: false, refused: null, collisions: [] })
    expect(sync.unapplied()).toBeNull()
  })

  it('a text that cannot be read is kept, told, and merged when it can', async () => {
    const { side, sync, text } = await open()
    const whole = text()
    sync.type(`${whole}\nvars: {a: `)
    await sync.flush()
    expect(sync.store.getState().refused?.line).toBeGreaterThan(1)
    side.set(edited(side.document, 'Meanwhile'))
    await sync.settled()
    expect(text()).toBe(`${whole}\nvars: {a: `)
    sync.type(`${whole}\nvars: {a: 1}`)
    await sync.flush()
    expect(side.document).toMatchObject({ title: 'Meanwhile', vars: { a: 1 } })
    expect(text()).toContain('title: Meanwhile')
  })

  it('one place from two sides: theirs stands and mine can be taken', async () => {
    const { side, sync, text } = await open(edited(sampleDocument, 'First'))
    const before = text()
    sync.type(before.replace('title: First', 'title: Mine'))
    side.set(edited(side.document, 'Theirs'))
    await sync.flush()
    expect(side.document.title).toBe('Theirs')
    expect(text()).toContain('title: Theirs')
    expect(sync.store.getState().collisions.map(({ change }) => change.path)).toEqual(['/title'])
    sync.resolve('mine')
    await sync.settled()
    expect(side.document.title).toBe('Mine')
    expect(text()).toContain('title: Mine')
  })

  it('what was not applied is taken up again, against what it was written for', async () => {
    const first = await open()
    first.sync.type(first.text().replace(/^nodes:/m, 'nodes: ]'))
    await first.sync.flush()
    const kept = first.sync.unapplied()
    expect(kept?.base).toBe(sampleDocument)
    const second = await open(edited(sampleDocument, 'Later'), kept)
    expect(second.text()).toBe(kept?.text)
    second.sync.revert()
    await second.sync.settled()
    expect(second.text()).toContain('title: Later')
  })

  it('an undo that comes back to the text as it was leaves it alone', async () => {
    const { side, sync, text } = await open()
    const before = text()
    side.set(edited(side.document, 'X'))
    await sync.settled()
    side.set(sampleDocument)
    await sync.settled()
    expect(text()).toBe(before)
  })
})

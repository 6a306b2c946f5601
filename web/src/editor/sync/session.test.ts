import { describe, expect, it } from 'vitest'
import { diff } from '~/model/ops'
import { randomDocument, randomEdit, seeded } from '~/model/ops.random'
import { emptyDocument, type WorkflowDocument } from '~/model/workflow'
import { FakeDraftServer, FakeWire } from './fakeDraftServer'
import { DraftSession, type Kept } from './session'

const same = (left: WorkflowDocument, right: WorkflowDocument) => expect(diff(left, right)).toEqual([])

function open(server: FakeDraftServer, client: string, kept?: Kept) {
  const wire = new FakeWire(server, client)
  return { wire, session: new DraftSession({ client, draft: server.draft(), wire, kept }) }
}

describe('a draft session', () => {
  it('sends edits and takes those of others on top', async () => {
    const server = new FakeDraftServer(emptyDocument('flow'))
    const [mine, theirs] = [open(server, 'a').session, open(server, 'b').session]
    mine.edit({ ...mine.document, title: 'Mine' })
    theirs.edit({ ...theirs.document, description: 'Theirs' })
    await Promise.all([mine.flush(), theirs.flush()])
    await mine.catchUp()
    for (const session of [mine, theirs]) {
      expect(session.state).toEqual({ state: 'saved' })
      same(session.document, { ...emptyDocument('flow'), title: 'Mine', description: 'Theirs' })
    }
  })

  it('keeps what cannot be sent and sends it once the connection is back, even after a reload', async () => {
    const server = new FakeDraftServer(emptyDocument('flow'))
    const before = open(server, 'a')
    before.wire.trouble = 'answer'
    before.session.edit({ ...before.session.document, title: 'One' })
    await before.session.flush()
    expect(before.session.state).toEqual({ state: 'offline' })
    expect(before.session.unsent).toBe(1)
    // The answer was lost; somebody else has gone on from what it told.
    server.patch('b', 1, [{ id: 'x', path: '/title', before: 'One', after: 'Two' }])
    const after = open(server, 'a2', before.session.kept)
    await after.session.flush()
    expect(after.session.collisions).toEqual([])
    expect(after.session.unsent).toBe(0)
    expect(after.session.document.title).toBe('Two')
  })

  it('keeps both sides of a collision until somebody chooses', async () => {
    const server = new FakeDraftServer({ ...emptyDocument('flow'), title: 'Old' })
    for (const keep of ['mine', 'theirs'] as const) {
      const [mine, theirs] = [open(server, 'a').session, open(server, 'b').session]
      const old = mine.document.title
      theirs.edit({ ...theirs.document, title: `Theirs ${keep}` })
      await theirs.flush()
      mine.edit({ ...mine.document, title: `Mine ${keep}`, description: keep })
      await mine.flush()
      expect(mine.document).toMatchObject({ title: `Theirs ${keep}`, description: keep })
      const [collision] = mine.collisions
      expect(collision).toMatchObject({
        change: { path: '/title', before: old, after: `Mine ${keep}` },
        theirs: `Theirs ${keep}`,
      })
      mine.resolve(collision?.change.id ?? '', keep)
      await mine.flush()
      expect(mine.collisions).toEqual([])
      expect(server.document.title).toBe(keep === 'mine' ? 'Mine mine' : 'Theirs theirs')
    }
  })

  it('takes what was typed into one place for one edit', async () => {
    const server = new FakeDraftServer({ ...emptyDocument('flow'), title: 'Old' })
    const mine = open(server, 'a')
    server.patch('b', 0, [{ id: 'b', path: '/title', before: 'Old', after: 'Theirs' }])
    for (const title of ['M', 'Mi', 'Mine']) {
      mine.wire.trouble = 'request'
      mine.session.edit({ ...mine.session.document, title })
      await mine.session.flush()
    }
    await mine.session.flush()
    expect(mine.session.collisions).toMatchObject([
      { change: { path: '/title', before: 'Old', after: 'Mine' }, theirs: 'Theirs' },
    ])
  })

  it('says when the server refuses, and keeps the edit', async () => {
    const server = new FakeDraftServer(emptyDocument('flow'))
    const { session, wire } = open(server, 'a')
    wire.send = () => Promise.reject(new Error('Too large'))
    session.edit({ ...session.document, title: 'x' })
    await session.flush()
    expect(session.state).toEqual({ state: 'refused', message: 'Too large' })
    expect(session.document.title).toBe('x')
    expect(session.unsent).toBe(1)
  })

  it('follows a whole new document when what it missed is not kept any more', async () => {
    const server = new FakeDraftServer(emptyDocument('flow'))
    const { session, wire } = open(server, 'a')
    server.patch('b', 0, [{ id: '1', path: '/title', after: 'New' }])
    wire.since = () => Promise.resolve(null)
    session.edit({ ...session.document, description: 'mine' })
    await session.receive({ revision: 2, client: 'b', ops: [] })
    expect(session.document).toMatchObject({ title: 'New', description: 'mine' })
  })
})

/** Note the ids and places of what is sent, whether it arrives or not. */
function record(wire: FakeWire, sent: Map<string, string>): void {
  const { send } = wire
  wire.send = (revision, ops) => {
    for (const one of ops) sent.set(one.id, one.path)
    return send(revision, ops)
  }
}

/** No sequence of edits, reloads, cut connections and tabs may lose what was made. */
describe('whatever happens', () => {
  for (let seed = 1; seed <= 150; seed += 1) {
    it(`ends with every tab alike and every edit there or shown as a collision, for seed ${seed}`, async () => {
      const random = seeded(seed)
      const server = new FakeDraftServer(randomDocument(random))
      const tabs = [0, 1, 2].map((n) => open(server, `tab${n}`))
      let told = 0
      const sent = new Map<string, string>()
      for (const { wire } of tabs) record(wire, sent)
      for (let step = 0; step < 60; step += 1) {
        const n = random(tabs.length)
        const { session, wire } = tabs[n] as (typeof tabs)[number]
        switch (random(7)) {
          case 0:
          case 1:
          case 2:
            session.edit(randomEdit(session.document, random))
            break
          case 3:
            wire.trouble = ([null, 'request', 'answer'] as const)[random(3)] ?? null
            await session.flush()
            break
          case 4: {
            const missed = server.batches.slice(told)
            told = server.batches.length
            for (const tab of tabs)
              for (const batch of missed) if (random(4)) await tab.session.receive(batch)
            break
          }
          case 5: {
            // While a request is under way, the stream goes on and the person types.
            const flight = session.flush()
            session.edit(randomEdit(session.document, random))
            for (const batch of server.batches.slice(-2)) await session.receive(batch)
            await flight
            break
          }
          default:
            tabs[n] = open(server, `tab${n}.${step}`, structuredClone(session.kept))
            record(tabs[n].wire, sent)
        }
      }
      for (const { session, wire } of tabs) {
        wire.trouble = null
        await session.flush()
      }
      for (const { session } of tabs) await session.catchUp()
      const colliding = new Set(
        tabs.flatMap(({ session }) => session.collisions.map((one) => one.change.path)),
      )
      for (const { session } of tabs) {
        expect(session.unsent).toBe(0)
        expect(session.revision).toBe(server.revision)
        same(session.document, server.document)
      }
      for (const [id, place] of sent)
        expect([id, server.seen.has(id) || colliding.has(place)]).toEqual([id, true])
    })
  }
})

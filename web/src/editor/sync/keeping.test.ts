import { beforeEach, expect, it, vi } from 'vitest'
import { dropOrphans, keep, takeOrphans } from './keeping'
import type { Kept } from './session'

const kept = (title: string): Kept => ({
  queue: [{ id: title, path: '/title', after: title }],
  collisions: [],
})

function alive(...clients: string[]) {
  const held = clients.map((client) => ({ name: `concertmaster.tab.${client}` }))
  vi.stubGlobal('navigator', { ...navigator, locks: { query: async () => ({ held }) } })
}

beforeEach(() => {
  localStorage.clear()
  vi.unstubAllGlobals()
})

it('leaves a tab that lives alone, and takes over from one that is gone', async () => {
  keep('flow', 'gone', kept('a'))
  keep('flow', 'living', kept('b'))
  keep('other', 'gone', kept('c'))
  alive('living', 'me')
  expect((await takeOrphans('flow')).queue.map(({ id }) => id)).toEqual(['a'])
  keep('flow', 'me', kept('a'))
  await dropOrphans('flow', 'me')
  expect(Object.keys(localStorage).sort()).toEqual([
    'concertmaster.edits.flow/living',
    'concertmaster.edits.flow/me',
    'concertmaster.edits.other/gone',
  ])
})

it('forgets what is acknowledged, and survives a broken entry', async () => {
  keep('flow', 'a', kept('a'))
  keep('flow', 'a', { queue: [], collisions: [] })
  localStorage.setItem('concertmaster.edits.flow/b', '{"queue": [')
  expect(await takeOrphans('flow')).toEqual({ queue: [], collisions: [] })
})

it('says when the browser keeps nothing', () => {
  vi.stubGlobal('localStorage', {
    setItem: () => {
      throw new DOMException('full', 'QuotaExceededError')
    },
  })
  expect(keep('flow', 'a', kept('a'))).toBe(false)
})

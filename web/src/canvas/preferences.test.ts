import { beforeEach, describe, expect, it } from 'vitest'
import {
  DEFAULTS,
  noteUse,
  parsePreferences,
  preferences,
  setPreferences,
  toggleFavourite,
} from './preferences'

beforeEach(() => {
  localStorage.clear()
  setPreferences(DEFAULTS)
})

describe('preferences', () => {
  it('come back as they were kept', () => {
    setPreferences({ wheel: 'pan', largeGraph: 500, snap: false })
    const kept = parsePreferences(localStorage.getItem('concertmaster.editor'))
    expect(kept).toEqual({ ...DEFAULTS, wheel: 'pan', largeGraph: 500, snap: false })
  })

  it.each([null, '', 'nonsense', '[]', '7', '{"largeGraph": -3, "recent": [1, "a"], "wheel": 4}'])(
    'takes defaults for what it cannot read: %s',
    (text) => {
      const { recent, ...others } = parsePreferences(text)
      expect(others).toEqual({ ...DEFAULTS, recent: undefined })
      expect(recent.every((item) => typeof item === 'string')).toBe(true)
    },
  )

  it('keeps the last used first, once each and not for ever', () => {
    for (const type of ['a', 'b', 'a', 'c', 'd', 'e', 'f', 'g', 'h', 'i']) noteUse(type)
    expect(preferences().recent).toEqual(['i', 'h', 'g', 'f', 'e', 'd', 'c', 'a'])
  })

  it('marks a favourite and takes the mark away', () => {
    toggleFavourite('table.sql')
    toggleFavourite('file.read')
    toggleFavourite('table.sql')
    expect(preferences().favourites).toEqual(['file.read'])
  })
})

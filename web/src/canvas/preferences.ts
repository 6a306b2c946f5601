/** What a person has set for the editor in this browser: how it behaves, and the nodes they reach for. */

import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { isObject } from '~/model/json'

export interface Preferences {
  /** Cards keep to the grid while they are dragged. */
  snap: boolean
  /** Lines show what a dragged card is in line with, and hold it there. */
  guides: boolean
  /** What the wheel and two fingers on a trackpad do; the other way needs Ctrl. */
  wheel: 'zoom' | 'pan'
  /** Above so many nodes the editor says once what becomes slower. */
  largeGraph: number
  /** Workflows that this was said of. */
  warned: readonly string[]
  /** Ids of node types, the last used first. */
  recent: readonly string[]
  /** Ids of node types, in the order they were chosen. */
  favourites: readonly string[]
  /** Groups of the palette that are folded. */
  folded: readonly string[]
}

export const DEFAULTS: Preferences = {
  snap: true,
  guides: true,
  wheel: 'zoom',
  largeGraph: 2000,
  warned: [],
  recent: [],
  favourites: [],
  folded: [],
}

const KEY = 'concertmaster.editor'
const MOST_RECENT = 8
const MOST_WARNED = 200

const texts = (value: unknown, otherwise: readonly string[]): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : otherwise

/** What was kept; anything that is not as expected is the default. */
export function parsePreferences(text: string | null): Preferences {
  let raw: unknown
  try {
    raw = JSON.parse(text ?? '')
  } catch {
    return DEFAULTS
  }
  if (!isObject(raw)) return DEFAULTS
  const { snap, guides, wheel, largeGraph } = raw
  return {
    snap: typeof snap === 'boolean' ? snap : DEFAULTS.snap,
    guides: typeof guides === 'boolean' ? guides : DEFAULTS.guides,
    wheel: wheel === 'pan' ? 'pan' : 'zoom',
    largeGraph: typeof largeGraph === 'number' && largeGraph > 0 ? largeGraph : DEFAULTS.largeGraph,
    warned: texts(raw.warned, DEFAULTS.warned),
    recent: texts(raw.recent, DEFAULTS.recent),
    favourites: texts(raw.favourites, DEFAULTS.favourites),
    folded: texts(raw.folded, DEFAULTS.folded),
  }
}

function read(): Preferences {
  try {
    return parsePreferences(localStorage.getItem(KEY))
  } catch {
    return DEFAULTS
  }
}

const store = createStore<Preferences>(read)

// Another tab of the same browser has changed them.
window.addEventListener('storage', (event) => {
  if (event.key === KEY) store.setState(parsePreferences(event.newValue))
})

export const preferences = (): Preferences => store.getState()

export function setPreferences(change: Partial<Preferences>): void {
  store.setState(change)
  try {
    localStorage.setItem(KEY, JSON.stringify(store.getState()))
  } catch {
    // A browser that keeps nothing: they hold until the page is closed.
  }
}

export function usePreferences<T>(selector: (now: Preferences) => T): T {
  return useStore(store, selector)
}

const toggled = (list: readonly string[], item: string): readonly string[] =>
  list.includes(item) ? list.filter((other) => other !== item) : [...list, item]

export const toggleFavourite = (type: string): void =>
  setPreferences({ favourites: toggled(preferences().favourites, type) })

export const toggleFolded = (group: string): void =>
  setPreferences({ folded: toggled(preferences().folded, group) })

/** A node of this type was added. */
export function noteUse(type: string): void {
  const others = preferences().recent.filter((other) => other !== type)
  setPreferences({ recent: [type, ...others].slice(0, MOST_RECENT) })
}

export function noteWarned(workflow: string): void {
  const others = preferences().warned.filter((other) => other !== workflow)
  setPreferences({ warned: [workflow, ...others].slice(0, MOST_WARNED) })
}

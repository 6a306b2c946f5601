import { useSyncExternalStore } from 'react'

const SIGNS = ['pointermove', 'pointerdown', 'keydown', 'wheel'] as const

let seen = false
const watchers = new Set<() => void>()
const leave = new AbortController()
for (const sign of SIGNS) {
  const options = { capture: true, passive: true, signal: leave.signal }
  window.addEventListener(sign, noteSign, options)
}

function noteSign(): void {
  leave.abort()
  seen = true
  for (const run of watchers) run()
}

const watch = (run: () => void): (() => void) => {
  watchers.add(run)
  return () => watchers.delete(run)
}

/** Whether a person has moved a pointer or pressed a key since the page came: time to fetch what they may need next. */
export const useSign = (): boolean => useSyncExternalStore(watch, () => seen)

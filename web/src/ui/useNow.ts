import { useEffect, useState } from 'react'

interface Clock {
  timer: ReturnType<typeof setInterval>
  watchers: Set<() => void>
}

const clocks = new Map<number, Clock>()

/** One timer per interval for the whole tab, running only while something watches it. */
function watchClock(interval: number, run: () => void): () => void {
  let clock = clocks.get(interval)
  if (!clock) {
    const watchers = new Set<() => void>()
    clock = {
      watchers,
      timer: setInterval(() => {
        for (const tick of watchers) tick()
      }, interval),
    }
    clocks.set(interval, clock)
  }
  const { watchers, timer } = clock
  watchers.add(run)
  return () => {
    watchers.delete(run)
    if (watchers.size > 0) return
    clearInterval(timer)
    clocks.delete(interval)
  }
}

/** The time in ms, renewed every `interval` ms; with `null` only when something else renders. */
export function useNow(interval: number | null): number {
  const [, renew] = useState(0)
  useEffect(() => {
    if (interval === null) return
    return watchClock(interval, () => renew((turn) => turn + 1))
  }, [interval])
  return Date.now()
}

/** What is usual for a workflow, from its last runs; milliseconds. */
export interface Usual {
  /** Half of them took no longer. */
  half: number
  /** 19 of 20 took no longer. */
  most: number
}

export interface Typical {
  run: Usual | null
  nodes: Readonly<Record<string, Usual>>
}

/** Fewer runs than this say nothing about what is usual. */
export const ENOUGH_RUNS = 3
/** Times as long as half of the others, from which on something is called slow, */
const SLOW = 1.5
/** and so many milliseconds longer: nobody minds less. */
const NOTICED = 250

/** How many times as long as usual; null when that is nothing to speak of. */
export function slowness(ms: number, usual: Usual | null | undefined): number | null {
  if (!usual || usual.half <= 0 || ms <= usual.most) return null
  const times = ms / usual.half
  return times >= SLOW && ms - usual.half >= NOTICED ? times : null
}

export const formatTimes = (times: number): string =>
  times >= 10 ? String(Math.round(times)) : times.toFixed(1)

import type { Durations, WorkflowDurations } from '~/api/types'

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
const ENOUGH_RUNS = 3
/** Times as long as half of the others, from which on something is called slow, */
const SLOW = 1.5
/** and so many milliseconds longer: nobody minds less. */
const NOTICED = 250

/** The value that a share of the sorted values does not exceed (nearest rank). */
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0

/** What is usual by the others: the run itself, what failed and what was not computed anew say nothing about it. */
function usualOf({ last }: Durations, but: string): Usual | null {
  const seconds = last
    .filter((one) => one.execution !== but && one.status === 'succeeded' && !one.reused)
    .map((one) => one.seconds)
    .sort((left, right) => left - right)
  if (seconds.length < ENOUGH_RUNS) return null
  return { half: quantile(seconds, 0.5) * 1000, most: quantile(seconds, 0.95) * 1000 }
}

/** What is usual for a workflow and its nodes, seen from one of its runs. */
export function typicalOf({ run, nodes }: WorkflowDurations, but: string): Typical {
  const known = Object.entries(nodes).flatMap(([id, durations]) => {
    const usual = usualOf(durations, but)
    return usual ? [[id, usual] as const] : []
  })
  return { run: usualOf(run, but), nodes: Object.fromEntries(known) }
}

/** How many times as long as usual; null when that is nothing to speak of. */
export function slowness(ms: number, usual: Usual | null | undefined): number | null {
  if (!usual || usual.half <= 0 || ms <= usual.most) return null
  const times = ms / usual.half
  return times >= SLOW && ms - usual.half >= NOTICED ? times : null
}

export const formatTimes = (times: number): string =>
  times >= 10 ? String(Math.round(times)) : times.toFixed(1)

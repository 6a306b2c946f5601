/** Ranges of time that a filter may name by how long ago they began. */
export const PRESETS = ['1h', '24h', '7d', '30d'] as const
export type Preset = (typeof PRESETS)[number]

const HOUR = 3_600_000

const SPANS: Readonly<Record<Preset, number>> = {
  '1h': HOUR,
  '24h': 24 * HOUR,
  '7d': 7 * 24 * HOUR,
  '30d': 30 * 24 * HOUR,
}

export interface TimeRange {
  last?: Preset | undefined
  /** ISO; the end is not in it. */
  since?: string | undefined
  until?: string | undefined
}

export const startOf = (last: Preset, now: number): string => new Date(now - SPANS[last]).toISOString()

/** The same filter with its times as the server takes them. */
export function asked<Filter extends TimeRange>(filter: Filter, now: number) {
  const { last, since, until, ...others } = filter
  return { ...others, since: last ? startOf(last, now) : since, until: last ? undefined : until }
}

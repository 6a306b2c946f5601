import type { Preset } from '~/api/timeRange'

export const HOME_RANGES = ['24h', '7d', '30d'] as const satisfies readonly Preset[]

export interface HomeSearch {
  last?: (typeof HOME_RANGES)[number]
}

export const parseHomeSearch = (raw: Record<string, unknown>): HomeSearch => ({
  last: HOME_RANGES.find((known) => known === raw.last),
})

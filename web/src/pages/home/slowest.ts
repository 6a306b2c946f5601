import type { SlowExecution } from '~/api/types'

/** Less than this is no more than runs differ among each other. */
const MUCH_LONGER = 1.5

/** Those that took much longer than half of their workflow's runs, the furthest above it first. */
export function slowForTheirs(runs: readonly SlowExecution[], most: number) {
  return runs
    .flatMap((run) => {
      const factor = run.typical_seconds ? run.seconds / run.typical_seconds : 0
      return factor >= MUCH_LONGER ? [{ ...run, factor }] : []
    })
    .sort((a, b) => b.factor - a.factor)
    .slice(0, most)
}

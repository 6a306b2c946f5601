/** Cron expressions in words: `0 6 * * 1-5` → "At 06:00, Monday through Friday". */

import cronstrue from 'cronstrue'

/** Null for what is no cron expression. */
export function cronWords(cron: string): string | null {
  try {
    return cronstrue.toString(cron, { use24HourTimeFormat: true, verbose: false })
  } catch {
    return null
  }
}

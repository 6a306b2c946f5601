import type { ExecutionSummary } from '~/api/types'
import { words } from '~/i18n'
import { isObject } from '~/model/json'

const t = words.runs

/** What time a schedule started a run for, and whether it was made up for or tried out; empty when neither. */
export function occasionOf({ trigger }: Pick<ExecutionSummary, 'trigger'>): string[] {
  const told = trigger.scheduled_at
  const at =
    isObject(told) && typeof told.iso === 'string' && typeof told.zone === 'string'
      ? [t.forTime(told.iso.slice(0, 16).replace('T', ' '), told.zone)]
      : []
  return [...at, ...(trigger.backfill ? [t.backfill] : []), ...(trigger.test ? [t.test] : [])]
}

import type { Trigger } from '~/api/types'
import { knownZone } from '~/ui/format'

/** The zone of a schedule. */
export const zoneOf = ({ config }: Pick<Trigger, 'config'>): string =>
  typeof config.timezone === 'string' && config.timezone !== '' ? config.timezone : 'UTC'

/** Midnight of the day in a zone, as `<input type="datetime-local">` holds it: wall-clock time without a zone. */
export function midnightOf(at: number, zone: string): string {
  // Swedish dates are those of ISO 8601.
  const days = new Intl.DateTimeFormat('sv-SE', { timeZone: knownZone(zone), dateStyle: 'short' })
  return `${days.format(at)}T00:00`
}

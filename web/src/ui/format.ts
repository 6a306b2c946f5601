/** Numbers, times and sizes as every page shows them: always with a unit, tabular, short. */

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const whole = new Intl.NumberFormat('en')
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const absolute = new Intl.DateTimeFormat('en', {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
  timeZoneName: 'short',
})

export const formatCount = (value: number): string => whole.format(value)

/** 12.4k, 1.2M: for node cards and edges, where room is short. */
export const formatCompact = (value: number): string =>
  value < 1000 ? String(value) : compact.format(value).replace('K', 'k')

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** 8 ms, 1.4 s, 2 min 5 s, 3 h 12 min, 2 d 4 h. */
export function formatDuration(ms: number): string {
  if (ms < 0) return '0 ms'
  if (ms < 1) return '<1 ms'
  if (ms < SECOND) return `${Math.round(ms)} ms`
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${Math.floor((ms % MINUTE) / SECOND)} s`
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ${Math.floor((ms % HOUR) / MINUTE)} min`
  return `${Math.floor(ms / DAY)} d ${Math.floor((ms % DAY) / HOUR)} h`
}

/** Milliseconds between two ISO times; null without a start. Without an end, up to `now`. */
export function elapsed(start: string | null, end: string | null, now: number): number | null {
  if (!start) return null
  return Math.max(0, (end ? Date.parse(end) : now) - Date.parse(start))
}

/** "3 minutes ago", "yesterday", "in 5 seconds". */
export function formatRelative(iso: string, now: number): string {
  const delta = Date.parse(iso) - now
  const size = Math.abs(delta)
  if (delta <= 0 && size < 5 * SECOND) return 'just now'
  if (size < MINUTE) return relative.format(Math.round(delta / SECOND), 'second')
  if (size < HOUR) return relative.format(Math.round(delta / MINUTE), 'minute')
  if (size < DAY) return relative.format(Math.round(delta / HOUR), 'hour')
  if (size < 30 * DAY) return relative.format(Math.round(delta / DAY), 'day')
  if (size < 365 * DAY) return relative.format(Math.round(delta / (30 * DAY)), 'month')
  return relative.format(Math.round(delta / (365 * DAY)), 'year')
}

export const formatAbsolute = (iso: string): string => absolute.format(new Date(iso))

/** On the wall clock of a zone, to the minute unless there are seconds, and without the zone's name. */
export function formatWall(iso: string, zone: string): string {
  const at = new Date(iso)
  const options: Intl.DateTimeFormatOptions = {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: at.getUTCSeconds() === 0 ? undefined : '2-digit',
    hourCycle: 'h23',
  }
  return new Intl.DateTimeFormat('en', { ...options, timeZone: knownZone(zone) }).format(at)
}

/** The zone, or UTC when this browser does not know it. */
export function knownZone(zone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return zone
  } catch {
    return 'UTC'
  }
}

/** The tail of a run's id: what tells two runs apart at a glance (the head is the time). */
export const shortId = (id: string): string => id.slice(-8)

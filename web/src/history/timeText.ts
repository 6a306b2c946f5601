import type { TimeRange } from '~/api/timeRange'
import { words } from '~/i18n'
import type { Bars } from './groups'

const t = words.history.filters
const day = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' })
const minute = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const DAY = 86_400_000

/** In this browser's zone; the day only where it is not today. */
export function momentText(iso: string, now = Date.now()): string {
  const at = new Date(iso)
  const time = minute.format(at)
  return new Date(now).toDateString() === at.toDateString() ? time : `${day.format(at)} ${time}`
}

/** "14:00 – 14:15", "Mar 3 – Mar 4". */
export function bucketText({ at, secondsWide }: Bars, index: number): string {
  const begin = new Date((at[index] ?? 0) * 1000)
  const end = new Date(begin.getTime() + secondsWide * 1000)
  if (secondsWide * 1000 >= DAY) return t.range(day.format(begin), day.format(end))
  return t.range(momentText(begin.toISOString()), minute.format(end))
}

/** A range in words; the last day where nothing is chosen, as the server has it. */
export function rangeText(
  { last, since, until }: TimeRange,
  ofPreset: (name: string) => string = (name) => name,
  ofRange: (range: string) => string = (range) => range,
): string {
  if (since && until) return ofRange(t.range(momentText(since), momentText(until)))
  if (since) return ofRange(t.sinceOnly(momentText(since)))
  if (until) return ofRange(t.untilOnly(momentText(until)))
  return ofPreset(t.presets[last ?? '24h'])
}

import type { Chart, ChartPoint, Column } from '~/api/types'
import { words } from '~/i18n'
import { cellText } from '../cellText'
import { isNumeric } from '../columnWidths'
import { numberText } from '../numberText'
import { type Condition, familyOf } from '../table/conditions'

const t = words.previews
const DAY = 86_400
const CLOCK = /^(\d{2}):(\d{2}):(\d{2}(?:\.\d+)?)/
const DURATION = /^(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/
const ZONE = /(Z|[+-]\d{2}:\d{2})$/

/**
 * The end of a bin as a place along an axis: numbers as they are, instants, clock times and durations in seconds.
 *
 * Instants are placed by what their clock shows, so that the axis and the cells say the same.
 */
export function placeOf(value: unknown, type: string): number {
  if (typeof value !== 'string' || isNumeric(type)) return Number(value)
  const duration = DURATION.exec(value)
  if (duration) {
    const [, sign, days = 0, hours = 0, minutes = 0, seconds = 0] = duration
    const size = Number(days) * DAY + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
    return sign ? -size : size
  }
  const clock = CLOCK.exec(value)
  if (clock) return Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3])
  const day = value.length === 10 ? `${value}T00:00:00` : value.replace(ZONE, '')
  return Date.parse(`${day}Z`) / 1000
}

/** The end of a bin as it is said: computed ends of numbers have digits that mean nothing. */
const endText = (value: unknown, type: string): string =>
  /^(float|double|real)/.test(type) ? numberText(Number(value)) : cellText(value, type)

/** The ends of a bin; whole numbers up to the last that is in it, where `last` bins have their very end. */
export function rangeText({ start, end }: ChartPoint, type: string, last: boolean): string {
  const whole = /^u?int/.test(type)
  const until = whole && !last ? String(BigInt(String(end)) - 1n) : end
  const [from, to] = [endText(start, type), endText(until, type)]
  return from === to ? from : t.chartRange(from, to)
}

export const pointText = (point: ChartPoint, { kind, x, points }: Chart): string =>
  kind === 'bins' ? rangeText(point, x.type, point === points.at(-1)) : cellText(point.x, x.type)

/** What lets the rows of a point through; nothing where no condition can say it (a text that was cut). */
export function pointConditions(chart: Chart, point: ChartPoint): Condition[] {
  const column = chart.x.name
  if (chart.kind === 'values') {
    const value = String(point.x)
    return value.endsWith('…') ? [] : [{ column, op: 'eq', value }]
  }
  const last = point === chart.points.at(-1)
  return [
    { column, op: 'ge', value: String(point.start) },
    // The end belongs to the next bin, but that of the last to the last.
    { column, op: last ? 'le' : 'lt', value: String(point.end) },
  ]
}

export interface ChartChoice {
  x: string
  y: string | null
  agg: Exclude<Chart['agg'], 'count'>
  mark: 'bars' | 'line'
  bins: number
}

export const drawable = (columns: readonly Column[]): Column[] =>
  columns.filter(({ type }) => familyOf(type) !== 'other')

/** What is likely to be asked first: what there was over time, else how often each value is there, else a histogram. */
export function firstChoice(columns: readonly Column[]): ChartChoice | null {
  const all = drawable(columns)
  const time = all.find(({ type }) => familyOf(type) === 'time')
  const category = all.find(({ type }) => ['text', 'bool'].includes(familyOf(type)))
  const x = time ?? category ?? all[0]
  return x ? { x: x.name, y: null, agg: 'mean', mark: time ? 'line' : 'bars', bins: 30 } : null
}

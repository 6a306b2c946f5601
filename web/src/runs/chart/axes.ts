import uPlot from 'uplot'
import type { Chart } from '~/api/types'
import { formatCompact, formatDuration } from '~/ui/format'
import { familyOf } from '../table/conditions'
import { placeOf } from './points'

/** Colours of a chart in the theme that is on: a canvas knows no CSS variables. */
export interface Inks {
  accent: string
  fill: string
  text: string
  grid: string
}

export function inksOf(element: Element): Inks {
  const style = getComputedStyle(element)
  const ink = (name: string) => style.getPropertyValue(name).trim()
  return {
    accent: ink('--cm-accent'),
    fill: ink('--cm-accent-tint'),
    text: ink('--cm-muted'),
    grid: ink('--cm-hairline'),
  }
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 4 })

function tickText(value: number): string {
  const size = Math.abs(value)
  if (Number.isInteger(value) && size < 10_000) return String(value)
  if (size >= 1e15 || (size < 1e-3 && size > 0)) return value.toExponential(1)
  return size >= 1000 && Number.isInteger(value) ? formatCompact(value) : compact.format(value)
}

const clockText = (seconds: number): string => {
  const part = (value: number) => String(Math.floor(value)).padStart(2, '0')
  return `${part(seconds / 3600)}:${part((seconds % 3600) / 60)}`
}

/** Middles of the bins along x and what is shown there. */
export function dataOf({ points, x }: Chart): [number[], (number | null)[]] {
  const starts = points.map(({ start }) => placeOf(start, x.type))
  const half = widthOf({ points, x }) / 2
  return [starts.map((start) => start + half), points.map(({ value }) => value)]
}

/** All bins but the last are as wide: of whole numbers it may end earlier, and is drawn like the others. */
function widthOf({ points, x }: Pick<Chart, 'points' | 'x'>): number {
  const [first, second] = points
  if (!first) return 0
  return placeOf(second ? second.start : first.end, x.type) - placeOf(first.start, x.type)
}

/** How a chart of bins is drawn. */
export function optionsOf(
  chart: Chart,
  mark: 'bars' | 'line',
  inks: Inks,
  size: { width: number; height: number },
): uPlot.Options {
  const { type } = chart.x
  const [first, last] = [chart.points[0], chart.points.at(-1)]
  const ends: [number, number] = [placeOf(first?.start, type), placeOf(last?.start, type) + widthOf(chart)]
  if (ends[0] === ends[1]) ends.splice(0, 2, ends[0] - 0.5, ends[1] + 0.5)
  const fromZero = mark === 'bars' || chart.agg === 'count'
  const font = '11px "Inter Variable", system-ui, sans-serif'
  const axis = { stroke: inks.text, font, ticks: { stroke: inks.grid, width: 1, size: 4 } }
  return {
    ...size,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { show: mark === 'line' } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    scales: {
      x: { time: isInstant(type), range: () => ends },
      y: {
        range: (_, low, high) => {
          const [bottom, top] = fromZero ? [Math.min(0, low), Math.max(0, high)] : [low, high]
          const room = (top - bottom || Math.abs(top) || 1) * 0.06
          return [bottom < 0 || !fromZero ? bottom - room : 0, top > 0 || !fromZero ? top + room : 0]
        },
      },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 64, ...ticksOf(type) },
      {
        ...axis,
        grid: { stroke: inks.grid, width: 1 },
        space: 32,
        size: (_, values) => 16 + 6.5 * Math.max(2, ...(values ?? []).map((value) => value.length)),
        values: (_, splits) => splits.map(tickText),
        // Half a row is none.
        ...(chart.agg === 'count' ? { incrs: WHOLE_STEPS } : {}),
      },
    ],
    series: [
      {},
      mark === 'line'
        ? { stroke: inks.accent, width: 2, fill: fromZero ? inks.fill : undefined, points: { show: false } }
        : {
            stroke: inks.accent,
            fill: inks.accent,
            width: 0,
            paths: uPlot.paths.bars?.({ size: [1, 120], gap: 1, align: 0 }),
            points: { show: false },
          },
    ],
  }
}

const WHOLE_STEPS = Array.from({ length: 16 }, (_, power) =>
  [1, 2, 5].map((step) => step * 10 ** power),
).flat()
const isInstant = (type: string): boolean => /^date/.test(type)

function ticksOf(type: string): Partial<uPlot.Axis> {
  if (isInstant(type)) return { values: (_, splits, __, ___, step) => instantTexts(splits, step) }
  if (familyOf(type) === 'duration')
    return { values: (_, splits) => splits.map((at) => formatDuration(at * 1000)) }
  if (familyOf(type) === 'time') return { values: (_, splits) => splits.map(clockText) }
  return { values: (_, splits) => splits.map(tickText) }
}

const MONTH_SECONDS = 28 * 86_400
const utc = (options: Intl.DateTimeFormatOptions) => {
  const format = new Intl.DateTimeFormat('en', { ...options, timeZone: 'UTC', hourCycle: 'h23' })
  return (seconds: number) => format.format(seconds * 1000)
}
const year = utc({ year: 'numeric' })
const month = utc({ month: 'short' })
const day = utc({ month: 'short', day: 'numeric' })
const minute = utc({ hour: '2-digit', minute: '2-digit' })
const second = utc({ hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** Times by the size of a step; what they are part of stands below wherever another one begins. */
export function instantTexts(splits: readonly number[], step: number): string[] {
  const [fine, coarse] =
    step >= 12 * MONTH_SECONDS
      ? [year, null]
      : step >= MONTH_SECONDS
        ? [month, year]
        : step >= 86_400
          ? [day, year]
          : [step >= 60 ? minute : second, day]
  return splits.map((at, place) => {
    const before = splits[place - 1]
    const begins = coarse && (before === undefined || coarse(before) !== coarse(at))
    return begins ? `${fine(at)}\n${coarse(at)}` : fine(at)
  })
}

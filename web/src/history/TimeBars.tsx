import { useComputedColorScheme } from '@mantine/core'
import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { type Bars, GROUPS, type Group } from './groups'
import classes from './RunsHistogram.module.css'

interface TimeBarsProps {
  bars: Bars
  label: string
  height: number
  /** From one bar to another, both within. */
  onRange?: ((first: number, last: number) => void) | undefined
  onHover: (bar: number | null) => void
}

const COLOR: Readonly<Record<Group, string>> = {
  failed: '--cm-status-failed',
  cancelled: '--cm-status-cancelled',
  open: '--cm-status-running',
  succeeded: '--cm-status-succeeded',
}
const FONT = "11px 'Inter Variable', system-ui, sans-serif"
const WHOLE = [1, 2, 5]
  .flatMap((step) => [step, step * 10, step * 100, step * 1000, step * 10_000])
  .sort((a, b) => a - b)

/** So much of a group's colour is over the ground: what went well stays in the background. */
const STRENGTH: Readonly<Record<Group, number>> = { failed: 0.9, cancelled: 0.5, open: 0.85, succeeded: 0.55 }

/** One opaque colour of two, both as `#rrggbb`: bars lie over each other, so none may shine through. */
function mixed(color: string, ground: string, share: number): string {
  const part = (hex: string, at: number) => Number.parseInt(hex.slice(at, at + 2), 16)
  const parts = [1, 3, 5].map((at) => Math.round(part(color, at) * share + part(ground, at) * (1 - share)))
  return `rgb(${parts.join(' ')})`
}

const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const day = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' })

/** The time of day, and the day where it begins. */
function timeLabel(seconds: number): string {
  const at = new Date(seconds * 1000)
  return at.getHours() === 0 && at.getMinutes() === 0 ? day.format(at) : clock.format(at)
}

/** Each group's line is what it and those below it have together; the highest is drawn first. */
function stacked({ at, counts }: Bars): uPlot.AlignedData {
  const sums: number[][] = []
  for (const group of GROUPS) {
    const below = sums.at(-1)
    sums.push(at.map((_, index) => (below?.[index] ?? 0) + (counts[group][index] ?? 0)))
  }
  return [[...at], ...sums.reverse()] as uPlot.AlignedData
}

/** Stacked bars over time on a canvas: drag over them, or click one, to choose a range. */
export default function TimeBars({ bars, label, height, onRange, onHover }: TimeBarsProps) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const scheme = useComputedColorScheme()
  const now = useRef({ bars, onRange, onHover })
  now.current = { bars, onRange, onHover }

  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are those of the scheme.
  useEffect(() => {
    const element = box.current
    if (!element) return
    const style = getComputedStyle(element)
    const color = (name: string) => style.getPropertyValue(name).trim()
    const barAt = (plot: uPlot, left: number): number => {
      const { at, secondsWide } = now.current.bars
      const found = Math.floor((plot.posToVal(left, 'x') - (at[0] ?? 0)) / secondsWide)
      return Math.max(0, Math.min(at.length - 1, found))
    }
    let dragged = false
    const axis = { stroke: color('--cm-muted'), font: FONT, ticks: { show: false } }
    const made = new uPlot(
      {
        width: element.clientWidth,
        height,
        padding: [6, 20, 0, 0],
        legend: { show: false },
        scales: {
          x: {
            time: true,
            range: () => {
              const { at, secondsWide } = now.current.bars
              return [at[0] ?? 0, (at.at(-1) ?? 0) + secondsWide]
            },
          },
          y: { range: (_, __, most) => [0, Math.max(1, most)] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 24,
            space: 80,
            values: (_, splits) => splits.map(timeLabel),
          },
          {
            ...axis,
            size: 40,
            space: 24,
            incrs: WHOLE,
            grid: { stroke: color('--cm-hairline'), width: 1 },
            values: (_, splits) =>
              splits.map((value) => (Number.isInteger(value) ? value.toLocaleString('en') : '')),
          },
        ],
        series: [
          {},
          ...[...GROUPS].reverse().map((group) => ({
            label: group,
            fill: mixed(color(COLOR[group]), color('--cm-surface'), STRENGTH[group]),
            width: 0,
            points: { show: false },
            paths: uPlot.paths.bars?.({ size: [0.82, 48], align: 1 }),
          })),
        ],
        cursor: {
          y: false,
          points: { show: false },
          drag: { x: Boolean(onRange), y: false, setScale: false },
        },
        hooks: {
          setSelect: [
            (plot) => {
              const { left, width } = plot.select
              if (width < 3) return
              dragged = true
              now.current.onRange?.(barAt(plot, left), barAt(plot, left + width - 1))
              plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
            },
          ],
          setCursor: [
            ({ cursor }) => {
              const left = cursor.left ?? -1
              now.current.onHover(left < 0 ? null : barAt(made, left))
            },
          ],
        },
      },
      stacked(now.current.bars),
      element,
    )
    made.over.addEventListener('mousedown', () => {
      dragged = false
    })
    made.over.addEventListener('click', () => {
      const left = made.cursor.left ?? -1
      if (dragged || left < 0) return
      const bar = barAt(made, left)
      now.current.onRange?.(bar, bar)
    })
    plot.current = made
    const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }))
    watcher.observe(element)
    return () => {
      watcher.disconnect()
      plot.current = null
      made.destroy()
    }
  }, [scheme, height])

  useEffect(() => {
    plot.current?.setData(stacked(bars))
  }, [bars])

  return (
    <div
      ref={box}
      className={classes.plot}
      data-ranges={onRange ? true : undefined}
      role="img"
      aria-label={label}
    />
  )
}

import { Button, useComputedColorScheme } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Chart, ChartPoint } from '~/api/types'
import { words } from '~/i18n'
import { formatCount } from '~/ui/format'
import { numberText } from '../numberText'
import { dataOf, inksOf, optionsOf } from './axes'
import classes from './ChartPanel.module.css'
import { pointText } from './points'
import { valueText, whatIs } from './what'

const t = words.previews

interface QuickChartProps {
  /** Of bins. */
  chart: Chart
  mark: 'bars' | 'line'
  onPick: (point: ChartPoint) => void
}

/** Bins along an axis as bars or a line; arrow keys go from one to the next, and what one is stands below. */
export function QuickChart({ chart, mark, onPick }: QuickChartProps) {
  const scheme = useComputedColorScheme('light')
  const { ref: sized, width, height } = useElementSize<HTMLDivElement>()
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const size = useRef({ width: 0, height: 0 })
  size.current = { width, height }
  const picked = useRef(onPick)
  picked.current = onPick
  const [index, setIndex] = useState<number | null>(null)
  const data = useMemo(() => dataOf(chart), [chart])
  const there = width > 0 && height > 0

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other inks.
  useEffect(() => {
    const element = host.current
    if (!element || !there) return
    const made = new uPlot(optionsOf(chart, mark, inksOf(element), size.current), data, element)
    made.hooks.setCursor = [({ cursor: { idx } }: uPlot) => setIndex(idx ?? null)]
    const click = () => {
      const point = chart.points[made.cursor.idx ?? -1]
      if (point) picked.current(point)
    }
    made.over.addEventListener('click', click)
    plot.current = made
    setIndex(null)
    return () => {
      plot.current = null
      made.destroy()
    }
  }, [chart, data, mark, scheme, there])
  useEffect(() => {
    if (there) plot.current?.setSize({ width, height })
  }, [there, width, height])

  const go = (next: number) => {
    const made = plot.current
    if (!made) return
    const place = Math.max(0, Math.min(chart.points.length - 1, next))
    made.setCursor({ left: made.valToPos(data[0][place] ?? 0, 'x'), top: 0 })
    setIndex(place)
  }
  const keys = (event: KeyboardEvent) => {
    const last = chart.points.length - 1
    const at = index ?? -1
    const current = chart.points[at]
    if (event.key === 'ArrowRight') go(at + 1)
    else if (event.key === 'ArrowLeft') go(index === null ? last : at - 1)
    else if (event.key === 'Home') go(0)
    else if (event.key === 'End') go(last)
    else if (event.key === 'Enter' && current) onPick(current)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  const point = index === null ? undefined : chart.points[index]
  const what = whatIs(chart)
  const values = chart.points.map(({ value }) => value).filter((value) => value !== null)
  const counted = chart.y === null || chart.agg === 'count'
  const said = point ? `${pointText(point, chart)}: ${valueText(point, chart)}` : undefined
  return (
    <>
      <div
        ref={sized}
        className={classes.plot}
        role="slider"
        tabIndex={0}
        aria-label={t.chartSummary(
          what,
          chart.x.name,
          chart.points.length,
          numberText(Math.min(...values)),
          numberText(Math.max(...values)),
        )}
        aria-orientation="horizontal"
        aria-valuemin={1}
        aria-valuemax={chart.points.length}
        aria-valuenow={(index ?? 0) + 1}
        aria-valuetext={said ?? what}
        onKeyDown={keys}
      >
        <div ref={host} className={classes.host} />
      </div>
      <div className={classes.readout}>
        {point ? (
          <>
            <span className={classes.place}>{pointText(point, chart)}</span>
            <strong>
              {counted ? t.chartCount(valueText(point, chart), point.value ?? 0) : valueText(point, chart)}
            </strong>
            {counted ? null : <span>{t.chartCount(formatCount(point.rows), point.rows)}</span>}
            <Button
              size="compact-xs"
              variant="subtle"
              className={classes.show}
              disabled={point.rows === 0}
              onClick={() => onPick(point)}
            >
              {t.chartFilter}
            </Button>
          </>
        ) : (
          <span>{t.chartTitle(what, chart.x.name)}</span>
        )}
      </div>
    </>
  )
}

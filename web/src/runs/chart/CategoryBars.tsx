import { UnstyledButton } from '@mantine/core'
import type { Chart, ChartPoint } from '~/api/types'
import { words } from '~/i18n'
import { formatCount } from '~/ui/format'
import classes from './ChartPanel.module.css'
import { pointConditions, pointText } from './points'
import { valueText, whatIs } from './what'

const t = words.previews

interface CategoryBarsProps {
  chart: Chart
  onPick: (point: ChartPoint) => void
}

/** A bar for each value, its name beside it; a table to whoever cannot see the bars. */
export function CategoryBars({ chart, onPick }: CategoryBarsProps) {
  const values = chart.points.map((point) => point.value ?? 0)
  const low = Math.min(0, ...values)
  const span = Math.max(0, ...values) - low || 1
  const share = (value: number) => `${(100 * value) / span}%`
  return (
    <div
      className={classes.scroll}
      tabIndex={0}
      role="group"
      aria-label={t.chartTitle(whatIs(chart), chart.x.name)}
    >
      <table className={classes.bars}>
        <thead>
          <tr>
            <th scope="col">{chart.x.name}</th>
            <th scope="col" colSpan={2}>
              {whatIs(chart)}
            </th>
          </tr>
        </thead>
        <tbody>
          {chart.points.map((point) => {
            const name = pointText(point, chart)
            const value = point.value ?? 0
            return (
              <tr key={name} title={t.chartCount(formatCount(point.rows), point.rows)}>
                <th scope="row">
                  <UnstyledButton
                    className={classes.pick}
                    title={t.onlyThis(name)}
                    disabled={pointConditions(chart, point).length === 0}
                    onClick={() => onPick(point)}
                  >
                    {name}
                  </UnstyledButton>
                </th>
                <td aria-hidden className={classes.track}>
                  <span
                    data-negative={value < 0 || undefined}
                    style={{ left: share(Math.min(0, value) - low), width: share(Math.abs(value)) }}
                  />
                </td>
                <td className={classes.value}>{valueText(point, chart)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

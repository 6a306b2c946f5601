import { UnstyledButton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type OutputRequest, outputChartQuery } from '~/api/outputs'
import type { Chart, Column } from '~/api/types'
import { words } from '~/i18n'
import { formatCount } from '~/ui/format'
import classes from './ColumnHead.module.css'
import { cellText } from './cellText'
import { pointConditions, pointText } from './chart/points'
import { type Condition, familyOf } from './table/conditions'

const t = words.previews
const BINS = 24
const TOP = 5

interface ColumnSpreadProps {
  source: OutputRequest
  column: Column
  onFilter: (condition: Condition) => void
}

/** How the values of a column spread: a small histogram, or the most frequent values. */
export function ColumnSpread({ source, column, onFilter }: ColumnSpreadProps) {
  const family = familyOf(column.type)
  const valued = family === 'text' || family === 'bool'
  const found = useQuery({
    ...outputChartQuery(source, { x: column.name, bins: valued ? TOP : BINS }),
    enabled: family !== 'other',
  })
  // What cannot be drawn (too many different texts) has its figures all the same.
  if (!found.data || found.data.points.length === 0) return null
  return found.data.kind === 'bins' ? (
    <Histogram chart={found.data} />
  ) : (
    <TopValues chart={found.data} onFilter={onFilter} />
  )
}

function Histogram({ chart }: { chart: Chart }) {
  const most = Math.max(1, ...chart.points.map((point) => point.rows))
  return (
    <div className={classes.spread} role="img" aria-label={t.columnSpread}>
      {chart.points.map((point) => (
        <span
          key={String(point.start)}
          title={`${pointText(point, chart)}: ${t.chartCount(formatCount(point.rows), point.rows)}`}
          data-empty={point.rows === 0 || undefined}
        >
          <span style={{ height: `${(100 * point.rows) / most}%` }} />
        </span>
      ))}
    </div>
  )
}

function TopValues({ chart, onFilter }: { chart: Chart; onFilter: (condition: Condition) => void }) {
  return (
    <div className={classes.top}>
      <h4>{t.columnTop}</h4>
      <ul>
        {chart.points.map((point) => {
          const text = cellText(point.x, chart.x.type)
          const [condition] = pointConditions(chart, point)
          return (
            <li key={text}>
              <UnstyledButton
                className={classes.topValue}
                title={t.onlyThis(text)}
                disabled={!condition}
                onClick={() => condition && onFilter(condition)}
              >
                <span
                  className={classes.bar}
                  style={{ width: `${(100 * point.rows) / Math.max(1, chart.rows)}%` }}
                />
                <span>{text}</span>
                <span>{formatCount(point.rows)}</span>
              </UnstyledButton>
            </li>
          )
        })}
      </ul>
      {chart.others ? (
        <p className={classes.quiet}>
          {t.columnOther(formatCount(chart.others.values), chart.others.values)}:{' '}
          {formatCount(chart.others.rows)}
        </p>
      ) : null}
    </div>
  )
}

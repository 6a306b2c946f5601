import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { type OutputRequest, outputChartQuery } from '~/api/outputs'
import type { Chart, ChartPoint, Column } from '~/api/types'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatCount } from '~/ui/format'
import { useSlow } from '~/ui/useSlow'
import type { Condition } from '../table/conditions'
import { CategoryBars } from './CategoryBars'
import classes from './ChartPanel.module.css'
import { ChartTable } from './ChartTable'
import { ChartTools } from './ChartTools'
import { firstChoice, pointConditions } from './points'
import { QuickChart } from './QuickChart'

const t = words.previews

interface ChartPanelProps {
  /** With the conditions; the order of the rows means nothing here. */
  source: OutputRequest
  columns: readonly Column[]
  onFilter: (...conditions: Condition[]) => void
}

/** The rows of a table drawn: how many there are along a column, or what another column is there. */
export default function ChartPanel({ source, columns, onFilter }: ChartPanelProps) {
  const first = useMemo(() => firstChoice(columns), [columns])
  const [changed, setChoice] = useState(first)
  const [asTable, setAsTable] = useState(false)
  const choice = changed ?? first
  const { x = '', y = null, agg, bins = 1 } = choice ?? {}
  const found = useQuery({
    ...outputChartQuery(source, { x, bins, ...(y === null ? {} : { y, agg }) }),
    placeholderData: keepPreviousData,
    enabled: choice !== null,
  })
  const slow = useSlow(found.isPending)
  if (!choice) return <p className={classes.quiet}>{t.chartNoColumns}</p>
  const chart = found.data
  const pick = (point: ChartPoint) => chart && onFilter(...pointConditions(chart, point))
  return (
    <div className={classes.panel}>
      <ChartTools
        columns={columns}
        choice={choice}
        onChoice={setChoice}
        bins={chart?.kind !== 'values'}
        asTable={asTable}
        onTable={setAsTable}
      />
      {found.error ? (
        <ErrorNote title={t.chartFailed} error={found.error} onRetry={() => void found.refetch()} />
      ) : !chart ? (
        <p className={classes.quiet}>{slow ? t.chartPending : null}</p>
      ) : chart.points.length === 0 ? (
        <p className={classes.quiet}>{t.chartNothing}</p>
      ) : (
        <>
          {asTable ? (
            <ChartTable chart={chart} />
          ) : chart.kind === 'values' ? (
            <CategoryBars chart={chart} onPick={pick} />
          ) : (
            <QuickChart chart={chart} mark={choice.mark} onPick={pick} />
          )}
          <Left chart={chart} />
        </>
      )}
    </div>
  )
}

/** What the picture leaves out. */
function Left({ chart: { empty, others } }: { chart: Chart }) {
  const parts = [
    others
      ? t.chartOthers(formatCount(others.values), others.values, formatCount(others.rows), others.rows)
      : null,
    empty > 0 ? t.chartMissing(formatCount(empty), empty) : null,
  ].filter((part) => part !== null)
  return parts.length > 0 ? <p className={classes.quiet}>{parts.join(' ')}</p> : null
}

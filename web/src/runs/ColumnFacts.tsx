import { useQuery } from '@tanstack/react-query'
import { columnStatisticsQuery, type OutputRequest, outputChartQuery } from '~/api/outputs'
import type { Column } from '~/api/types'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatCount } from '~/ui/format'
import classes from './ColumnHead.module.css'
import { ColumnSpread } from './ColumnSpread'
import { cellText } from './cellText'
import { isNumeric } from './columnWidths'
import { numberText } from './numberText'
import type { Condition } from './table/conditions'

const t = words.runs

interface ColumnFactsProps {
  source: OutputRequest
  column: Column
  onFilter: (condition: Condition) => void
}

/** What is in a column of a table output, in figures and as a picture: asked for when it is shown. */
export function ColumnFacts({ source, column, onFilter }: ColumnFactsProps) {
  const all = { ...source, where: [] }
  const found = useQuery(columnStatisticsQuery(all, column.name))
  const mean = useMean(all, column)
  if (found.error) {
    return <ErrorNote title={t.statisticsFailed} error={found.error} onRetry={() => void found.refetch()} />
  }
  const facts = found.data?.columns[0]
  if (!found.data || !facts) return <p className={classes.quiet}>{t.statisticsPending}</p>
  return (
    <>
      <dl className={classes.facts}>
        <dt>{t.columnMissing}</dt>
        <dd>{t.share(formatCount(facts.nulls), facts.nulls, found.data.rows)}</dd>
        {facts.distinct === null ? null : (
          <>
            <dt>{t.columnDistinct}</dt>
            <dd>{t.estimate(formatCount(facts.distinct))}</dd>
          </>
        )}
        {facts.min === null ? null : (
          <>
            <dt>{t.columnSmallest}</dt>
            <dd className={classes.value}>{cellText(facts.min, facts.type)}</dd>
            <dt>{t.columnLargest}</dt>
            <dd className={classes.value}>{cellText(facts.max, facts.type)}</dd>
          </>
        )}
        {mean === null ? null : (
          <>
            <dt>{words.previews.columnMean}</dt>
            <dd className={classes.value}>{numberText(mean)}</dd>
          </>
        )}
      </dl>
      <ColumnSpread source={all} column={column} onFilter={onFilter} />
      {source.where?.length ? <p className={classes.quiet}>{words.previews.columnAllRows}</p> : null}
    </>
  )
}

/** The mean of a column of numbers; null of any other, and until it is known. */
function useMean(source: OutputRequest, { name, type }: Column): number | null {
  const numeric = isNumeric(type)
  const asked = { x: name, y: name, agg: 'mean', bins: 1 } as const
  const found = useQuery({ ...outputChartQuery(source, asked), enabled: numeric })
  return found.data?.points[0]?.value ?? null
}

import { useQuery } from '@tanstack/react-query'
import { columnStatisticsQuery, type OutputRequest } from '~/api/executions'
import type { Column } from '~/api/types'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatCount } from '~/ui/format'
import classes from './ColumnHead.module.css'
import { cellText } from './cellText'

const t = words.runs

interface ColumnFactsProps {
  source: OutputRequest
  column: Column
}

/** What is in a column of a table output: asked for when it is shown. */
export function ColumnFacts({ source, column }: ColumnFactsProps) {
  const found = useQuery(columnStatisticsQuery(source, column.name))
  if (found.error) {
    return <ErrorNote title={t.statisticsFailed} error={found.error} onRetry={() => void found.refetch()} />
  }
  const facts = found.data?.columns[0]
  if (!found.data || !facts) return <p className={classes.quiet}>{t.statisticsPending}</p>
  return (
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
    </dl>
  )
}

import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { IconChartBar, IconTable } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useMemo, useState } from 'react'
import { histogramQuery } from '~/api/history'
import type { TimeRange } from '~/api/timeRange'
import type { ExecutionStatus } from '~/api/types'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatCount } from '~/ui/format'
import { type Bars, barsOf, GROUPS, rangeOf, totalAt } from './groups'
import classes from './RunsHistogram.module.css'
import { bucketText, rangeText } from './timeText'

const t = words.history.chart
/** Of its own chunk: the chart library is not needed before there is something to draw. */
const TimeBars = lazy(() => import('./TimeBars'))

interface RunsHistogramProps {
  range: TimeRange
  workflow?: string | undefined
  /** Only these are counted; all without any. */
  statuses?: readonly ExecutionStatus[]
  height?: number
  /** What is said below it, beside the counts. */
  note?: string | null
  onRange?: (range: { since: string; until: string }) => void
}

/** How many runs were made when and what became of them; as a table for those who cannot see, or drag. */
export function RunsHistogram({ range, workflow, statuses, height = 96, note, onRange }: RunsHistogramProps) {
  const query = useQuery({ ...histogramQuery(range, workflow), placeholderData: keepPreviousData })
  const [asTable, setAsTable] = useState(false)
  const [hovered, setHovered] = useState<number | null>(null)
  const bars = useMemo(() => (query.data ? barsOf(query.data, statuses) : null), [query.data, statuses])
  const Other = asTable ? IconChartBar : IconTable
  const otherLabel = asTable ? t.asChart : t.asTable
  const choose =
    onRange && bars ? (first: number, last: number) => onRange(rangeOf(bars, first, last)) : undefined

  return (
    <section className={classes.box} aria-label={t.title}>
      <header className={classes.head}>
        <h2 className={classes.title}>{rangeText(range, t.of, t.ofRange)}</h2>
        <span className={classes.told}>{bars ? <Told bars={bars} hovered={hovered} /> : null}</span>
        {note ? <span className={classes.note}>{note}</span> : null}
        {query.data?.complete === false ? <span className={classes.note}>{t.counting}</span> : null}
        <Legend />
        <Tooltip label={otherLabel}>
          <ActionIcon size={24} aria-label={otherLabel} onClick={() => setAsTable(!asTable)}>
            <Other size={15} stroke={1.7} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </header>
      {query.error && !bars ? (
        <ErrorNote title={t.failed} error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <div className={classes.body} style={{ height }}>
          {bars && asTable ? <BarTable bars={bars} onRange={choose} /> : null}
          {bars && !asTable ? (
            <Suspense fallback={null}>
              <TimeBars
                bars={bars}
                height={height}
                label={bars.total === 0 ? t.none : t.summary(bars.total, bars.failed)}
                onRange={choose}
                onHover={setHovered}
              />
            </Suspense>
          ) : null}
          {bars?.total === 0 && !asTable ? <span className={classes.none}>{t.none}</span> : null}
        </div>
      )}
    </section>
  )
}

/** What the bar under the pointer stands for; of all together when there is none. */
function Told({ bars, hovered }: { bars: Bars; hovered: number | null }) {
  if (hovered === null) return t.summary(bars.total, bars.failed)
  const parts = GROUPS.flatMap((group) => {
    const count = bars.counts[group][hovered] ?? 0
    return count > 0 ? [`${formatCount(count)} ${t.groups[group]}`] : []
  })
  return `${bucketText(bars, hovered)}: ${parts.join(', ') || t.none.toLowerCase()}`
}

function Legend() {
  return (
    <ul className={classes.legend} aria-hidden>
      {GROUPS.map((group) => (
        <li key={group} data-group={group}>
          {t.groups[group]}
        </li>
      ))}
    </ul>
  )
}

function BarTable({
  bars,
  onRange,
}: {
  bars: Bars
  onRange?: ((first: number, last: number) => void) | undefined
}) {
  const filled = bars.at.map((_, index) => index).filter((index) => totalAt(bars, index) > 0)
  if (filled.length === 0) return <p className={classes.note}>{t.none}</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard.
    <section className={classes.tableScroll} tabIndex={0} aria-label={t.table}>
      <table className={classes.table} aria-label={t.table}>
        <thead>
          <tr>
            <th scope="col">{t.at}</th>
            <th scope="col">{t.total}</th>
            {GROUPS.map((group) => (
              <th key={group} scope="col">
                {t.groups[group]}
              </th>
            ))}
            {onRange ? <td /> : null}
          </tr>
        </thead>
        <tbody>
          {filled.reverse().map((index) => (
            <tr key={bars.at[index]}>
              <th scope="row">{bucketText(bars, index)}</th>
              <td>{formatCount(totalAt(bars, index))}</td>
              {GROUPS.map((group) => (
                <td key={group}>{formatCount(bars.counts[group][index] ?? 0)}</td>
              ))}
              {onRange ? (
                <td>
                  <Button
                    variant="subtle"
                    size="compact-xs"
                    aria-label={t.onlyNamed(bucketText(bars, index))}
                    onClick={() => onRange(index, index)}
                  >
                    {t.only}
                  </Button>
                </td>
              ) : null}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

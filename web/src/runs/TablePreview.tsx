import { Button } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useMemo, useRef, useState } from 'react'
import { type OutputRequest, outputPageQuery } from '~/api/outputs'
import type { Column } from '~/api/types'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatCount } from '~/ui/format'
import { PagePending } from '~/ui/PagePending'
import { useSlow } from '~/ui/useSlow'
import classes from './TablePreview.module.css'
import { CellDetail } from './table/CellDetail'
import { type Condition, conditionText, withCondition } from './table/conditions'
import { AddFilter, FilterBar } from './table/FilterBar'
import { rangeOf, type Selection } from './table/selection'
import { TableGrid } from './table/TableGrid'
import { CellTools, DownloadMenu, type TableView, ViewSwitch } from './table/TableTools'
import { useCopy } from './table/useCopy'
import type { Row } from './table/usePages'

const t = words.runs
/** Browsers cap the height of an element; beyond this many rows the preview says that it ends. */
const MOST_ROWS = 500_000
const ChartPanel = lazy(() => import('./chart/ChartPanel'))

interface TablePreviewProps {
  source: OutputRequest
  columns: Column[]
  /** All rows, whatever the filters. */
  total: number
  /** First rows, for the widths. */
  sample: Row[]
}

/** A table output as rows or as a chart: ordered and filtered on the server, copied, downloaded. Fills its parent. */
export function TablePreview({ source, columns, total: all, sample }: TablePreviewProps) {
  const [sort, setSort] = useState<string | undefined>(undefined)
  const [conditions, setConditions] = useState<readonly Condition[]>([])
  const [view, setView] = useState<TableView>('rows')
  const [selection, setSelection] = useState<Selection | null>(null)
  const [opened, setOpened] = useState(false)
  const grid = useRef<HTMLDivElement>(null)
  const asked = useMemo(
    () => ({ ...source, sort, where: conditions.map(conditionText) }),
    [source, sort, conditions],
  )
  const first = useQuery({ ...outputPageQuery(asked, 0), placeholderData: keepPreviousData })
  const slow = useSlow(first.isPlaceholderData)
  const copy = useCopy(asked, columns)
  const matching = first.data?.kind === 'table' ? first.data.total : all
  const count = Math.min(matching, MOST_ROWS)

  // Other rows are in the places of those that were selected.
  const order = (next: string | undefined) => {
    setSelection(null)
    setSort(next)
  }
  const filter = (next: readonly Condition[]) => {
    setSelection(null)
    setConditions(next)
  }
  const add = (...added: Condition[]) =>
    filter(added.reduce<readonly Condition[]>((before, one) => withCondition(before, one), conditions))
  const change = (before: Condition, after: Condition | null) =>
    filter(after ? withCondition(conditions, after, before) : conditions.filter((one) => one !== before))
  const copySelected = (what: 'selection' | 'named' | 'rows') => {
    if (!selection) return
    const range = rangeOf(selection)
    const whole = { ...range, left: 0, right: columns.length - 1 }
    void copy(what === 'rows' ? whole : range, { named: what === 'named' })
  }

  return (
    <div className={classes.frame}>
      <div className={classes.tools}>
        <div className={classes.summary} role="status">
          <strong>
            {slow
              ? words.previews.filtering
              : conditions.length > 0 && !first.error
                ? words.previews.rowsOf(formatCount(matching), formatCount(all), all)
                : t.rows(formatCount(all), all)}
          </strong>
          <span>{t.columns(columns.length)}</span>
          {view === 'rows' && matching > MOST_ROWS ? (
            <span>{t.onlyFirst(formatCount(MOST_ROWS))}</span>
          ) : null}
        </div>
        <div className={classes.buttons}>
          <AddFilter columns={columns} count={conditions.length} onAdd={add} />
          {view === 'rows' ? (
            <CellTools selection={selection} onOpen={() => setOpened(true)} onCopy={copySelected} />
          ) : null}
          <DownloadMenu source={asked} total={matching} />
          <ViewSwitch view={view} onView={setView} />
        </div>
      </div>
      <FilterBar columns={columns} conditions={conditions} onChange={change} onClear={() => filter([])} />
      {first.error ? (
        <ErrorNote
          title={conditions.length > 0 ? words.previews.filterFailed : words.previews.sortFailed}
          error={first.error}
          onRetry={() => void first.refetch()}
        >
          {sort ? (
            <Button variant="default" mt={8} mr={8} onClick={() => order(undefined)}>
              {words.previews.removeSort}
            </Button>
          ) : null}
          {conditions.length > 0 ? (
            <Button variant="default" mt={8} mr={8} onClick={() => filter([])}>
              {words.previews.removeFilters}
            </Button>
          ) : null}
        </ErrorNote>
      ) : view === 'chart' ? (
        <Suspense fallback={<PagePending />}>
          <ChartPanel source={asked} columns={columns} onFilter={add} />
        </Suspense>
      ) : (
        <>
          <TableGrid
            scroll={grid}
            source={asked}
            columns={columns}
            count={count}
            total={matching}
            sample={sample}
            selection={selection}
            onSelect={setSelection}
            onSort={order}
            onFilter={add}
            onOpen={() => setOpened(selection !== null)}
            onCopy={() => copySelected('selection')}
          />
          {matching === 0 ? (
            <p className={classes.empty}>{all === 0 ? t.emptyTable : words.previews.noneMatch}</p>
          ) : null}
        </>
      )}
      <CellDetail
        source={asked}
        columns={columns}
        spot={opened ? (selection?.at ?? null) : null}
        onClose={() => {
          setOpened(false)
          grid.current?.focus()
        }}
      />
    </div>
  )
}

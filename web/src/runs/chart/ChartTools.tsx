import { SegmentedControl, Select, Switch } from '@mantine/core'
import type { Column } from '~/api/types'
import { words } from '~/i18n'
import { isNumeric } from '../columnWidths'
import classes from './ChartPanel.module.css'
import { type ChartChoice, drawable } from './points'

const t = words.previews
const AGGREGATES = ['mean', 'sum', 'min', 'max'] as const
const BINS = [10, 30, 100, 300]
/** No column can be called so: it stands for the number of rows. */
const ROWS = '\u0000rows'

interface ChartToolsProps {
  columns: readonly Column[]
  choice: ChartChoice
  onChoice: (choice: ChartChoice) => void
  /** Whether what is shown has bins: there are fewer or more, and a line makes sense. */
  bins: boolean
  asTable: boolean
  onTable: (asTable: boolean) => void
}

/** Which column is drawn along which, and how. */
export function ChartTools({ columns, choice, onChoice, bins, asTable, onTable }: ChartToolsProps) {
  const { x, y, agg, mark } = choice
  const numbers = columns.filter(({ type }) => isNumeric(type)).map(({ name }) => name)
  return (
    <div className={classes.tools}>
      <Select
        label={t.chartX}
        data={drawable(columns).map(({ name }) => name)}
        value={x}
        onChange={(next) => next && onChoice({ ...choice, x: next })}
        allowDeselect={false}
        searchable
      />
      <Select
        label={t.chartY}
        data={[{ value: ROWS, label: t.chartRows }, ...numbers.map((name) => ({ value: name, label: name }))]}
        value={y ?? ROWS}
        onChange={(next) => onChoice({ ...choice, y: next === ROWS ? null : next })}
        allowDeselect={false}
        searchable
      />
      {y === null ? null : (
        <Select
          label={t.chartAgg}
          data={AGGREGATES.map((one) => ({ value: one, label: t.chartAggs[one] ?? one }))}
          value={agg}
          onChange={(next) => onChoice({ ...choice, agg: AGGREGATES.find((one) => one === next) ?? 'mean' })}
          allowDeselect={false}
        />
      )}
      {bins ? (
        <>
          <Select
            label={t.chartBins}
            data={BINS.map((n) => ({ value: String(n), label: t.chartBinsOf(n) }))}
            value={String(choice.bins)}
            onChange={(next) => onChoice({ ...choice, bins: Number(next) })}
            allowDeselect={false}
          />
          <SegmentedControl
            size="xs"
            aria-label={t.chartMark}
            value={mark}
            onChange={(next) => onChoice({ ...choice, mark: next === 'line' ? 'line' : 'bars' })}
            data={[
              { value: 'bars', label: t.chartBars },
              { value: 'line', label: t.chartLine },
            ]}
          />
        </>
      ) : null}
      <Switch
        className={classes.switch}
        label={t.chartTable}
        checked={asTable}
        onChange={(event) => onTable(event.currentTarget.checked)}
      />
    </div>
  )
}

import type { Chart, ChartPoint } from '~/api/types'
import { words } from '~/i18n'
import { formatCount } from '~/ui/format'
import { numberText } from '../numberText'

const t = words.previews

/** What the height of a point is: `Number of rows`, `Mean of delay`. */
export const whatIs = ({ y, agg }: Chart): string =>
  y === null || agg === 'count' ? t.chartRows : t.chartWhat(t.chartAggs[agg] ?? agg, y.name)

export const valueText = ({ value }: ChartPoint, chart: Chart): string => {
  if (value === null) return t.chartNone
  return chart.agg === 'count' ? formatCount(value) : numberText(value)
}

import type { Chart } from '~/api/types'
import { words } from '~/i18n'
import { formatCount } from '~/ui/format'
import classes from './ChartPanel.module.css'
import { pointText } from './points'
import { valueText, whatIs } from './what'

/** The points of a chart as a table. */
export function ChartTable({ chart }: { chart: Chart }) {
  const what = whatIs(chart)
  const counted = what === words.previews.chartRows
  return (
    <div
      className={classes.scroll}
      tabIndex={0}
      role="group"
      aria-label={words.previews.chartTitle(what, chart.x.name)}
    >
      <table className={classes.numbers}>
        <thead>
          <tr>
            <th scope="col">{chart.x.name}</th>
            {counted ? null : <th scope="col">{what}</th>}
            <th scope="col">{words.previews.chartRows}</th>
          </tr>
        </thead>
        <tbody>
          {chart.points.map((point) => (
            <tr key={pointText(point, chart)}>
              <th scope="row">{pointText(point, chart)}</th>
              {counted ? null : <td>{valueText(point, chart)}</td>}
              <td>{formatCount(point.rows)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

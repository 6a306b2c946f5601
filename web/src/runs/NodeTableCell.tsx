import { words } from '~/i18n'
import { formatBytes, formatCompact, formatCount, formatDuration } from '~/ui/format'
import { StatusBadge } from '~/ui/StatusBadge'
import { shownStatus } from './fold'
import classes from './NodeTable.module.css'
import type { ColumnKey, NodeLine } from './nodeLines'
import { formatTimes, slowness } from './typical'

const t = words.runNodes
const NONE = '–'

/** One figure of a node. */
export function NodeTableCell({ line, column }: { line: NodeLine; column: ColumnKey }) {
  switch (column) {
    case 'status':
      return <StatusBadge status={shownStatus(line.view)} size={13} />
    case 'node':
      return <span title={line.id}>{line.title}</span>
    case 'type':
      return <code>{line.type}</code>
    case 'rowsIn':
    case 'rowsOut':
      return <Rows rows={line[column]} />
    case 'bytes':
      return line.bytes === null ? NONE : formatBytes(line.bytes)
    case 'duration':
      return <Took line={line} />
    case 'typical':
    case 'waited':
      return <Time ms={line[column]} />
    default:
      return line[column] === null ? NONE : formatCount(line[column])
  }
}

const Time = ({ ms }: { ms: number | null }) => (ms === null ? NONE : formatDuration(ms))

function Rows({ rows }: { rows: number | null }) {
  return rows === null ? NONE : <span title={formatCount(rows)}>{formatCompact(rows)}</span>
}

function Took({ line: { duration, usual, view } }: { line: NodeLine }) {
  if (duration === null) return NONE
  const times = slowness(duration, usual)
  if (times === null || view.reused) return formatDuration(duration)
  return (
    <span className={classes.slow} title={t.times(formatTimes(times))}>
      {formatDuration(duration)} · ×{formatTimes(times)}
    </span>
  )
}

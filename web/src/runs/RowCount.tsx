import { words } from '~/i18n'
import { formatCompact, formatCount } from '~/ui/format'

const t = words.runs

/** How many rows, `short` on its own; null: nobody counted them, and why. */
export function RowCount({ rows, short = false }: { rows: number | null; short?: boolean }) {
  if (rows === null) return <span title={t.notStoredWhy}>{short ? t.notStored : t.notCounted}</span>
  if (short) return <span title={t.rows(formatCount(rows), rows)}>{formatCompact(rows)}</span>
  return formatCount(rows)
}

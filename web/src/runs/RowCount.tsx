import { words } from '~/i18n'
import { formatCompact, formatCount } from '~/ui/format'

const t = words.runs

/** How many rows, short where room is; null: nobody counted them, and why. */
export function RowCount({ rows, short = false }: { rows: number | null; short?: boolean }) {
  if (rows === null) return <span title={t.notStoredWhy}>{t.notStored}</span>
  if (short) return <span title={t.rows(formatCount(rows), rows)}>{formatCompact(rows)}</span>
  return formatCount(rows)
}

import { isOnce, itemsText, lostItems } from '~/runs/items'
import { RowCount } from '~/runs/RowCount'
import type { NodeRunView } from '~/runs/state'
import { elapsed, formatDuration } from '~/ui/format'

/** At the right of a card: items done, a share, rows, or how long it took. */
export function Facts({ run }: { run: NodeRunView | undefined }) {
  if (!run) return null
  const { progress, rows } = run
  const items = run.counted ?? run.items
  // Where items were lost the card has the numbers already, and they need the room.
  if (run.endedAt && lostItems(run)) return null
  if (items && items.kind !== 'call' && !isOnce(items)) return <span>{itemsText(items)}</span>
  if (run.status === 'running' && progress?.total) {
    return <span>{Math.round((progress.done / progress.total) * 100)} %</span>
  }
  if (rows !== undefined) return <RowCount rows={rows} short />
  const took = run.endedAt ? elapsed(run.startedAt, run.endedAt, 0) : null
  return took === null ? null : <span>{formatDuration(took)}</span>
}

/** How far the bar of a node is; undefined where nobody knows. */
export function stripeOf(run: NodeRunView | undefined): React.CSSProperties | undefined {
  const counted = run?.status === 'waiting' ? (run.counted ?? run.items) : null
  const items = counted && !isOnce(counted) && counted.kind !== 'call' ? counted : null
  const progress = run?.status === 'running' ? run.progress : items
  return progress?.total ? { width: `${Math.min(100, (100 * progress.done) / progress.total)}%` } : undefined
}

import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { words } from '~/i18n'
import { type DocumentDiff, diffDocuments } from '~/model/diff'
import { nextDifference, previousDifference, showComparison } from './actions/compare'
import classes from './ComparisonStrip.module.css'
import { shortcutText } from './shortcuts'
import type { Comparison } from './state'
import { useDispatch, useEditor } from './store'

const t = words.versions

/** Above the canvas while it shows two versions in one picture: what differs, and the way through it. */
export function ComparisonStrip() {
  const comparison = useEditor((state) => state.comparison)
  return comparison ? <Strip comparison={comparison} /> : null
}

function countsOf({ nodes, edges, settings, moved }: DocumentDiff): { kind: string; text: string }[] {
  const counted = (['added', 'changed', 'removed'] as const).flatMap((kind) => {
    const count = [...nodes.values()].filter((one) => one.kind === kind).length
    return count > 0 ? [{ kind, text: t.counted(count, t.mark[kind]) }] : []
  })
  const wires = (['added', 'removed'] as const).flatMap((kind) => {
    const count = [...edges.values()].filter((one) => one === kind).length
    return count > 0 ? [{ kind, text: t.wires(count, t.mark[kind]) }] : []
  })
  return [
    ...counted,
    ...(moved.length > 0 ? [{ kind: 'moved', text: t.counted(moved.length, t.mark.moved) }] : []),
    ...wires,
    ...(settings.length > 0 ? [{ kind: 'settings', text: t.settings(settings.length) }] : []),
  ]
}

function Strip({ comparison }: { comparison: Comparison }) {
  const dispatch = useDispatch()
  const root = useEditor((state) => state.root)
  const diff = diffDocuments(comparison.from, comparison.to ?? root)
  const counts = countsOf(diff)
  const none = diff.nodes.size + diff.moved.length === 0
  return (
    <section className={classes.strip} aria-label={t.onCanvas} data-testid="comparison-strip">
      <strong>{t.fromTo(comparison.fromName, comparison.toName)}</strong>
      <span className={classes.counts} role="status">
        {counts.length === 0
          ? t.same
          : counts.map(({ kind, text }) => (
              <span key={text} className={classes.count} data-kind={kind}>
                {text}
              </span>
            ))}
      </span>
      <span className={classes.tools}>
        {[previousDifference, nextDifference].map((action) => (
          <Tooltip key={action.id} label={`${action.label} (${shortcutText(action.shortcuts?.[0] ?? '')})`}>
            <ActionIcon
              size={26}
              variant="default"
              aria-label={action.label}
              disabled={none}
              onClick={() => dispatch(action)}
            >
              {action === nextDifference ? <IconArrowDown size={15} /> : <IconArrowUp size={15} />}
            </ActionIcon>
          </Tooltip>
        ))}
        <Button size="compact-sm" variant="default" onClick={() => dispatch(showComparison, null)}>
          {t.done}
        </Button>
      </span>
    </section>
  )
}

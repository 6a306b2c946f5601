import type { NodeProps } from '@xyflow/react'
import { memo, useState } from 'react'
import { words } from '~/i18n'
import { isOnce, lostItems } from '~/runs/items'
import type { NodeRunView } from '~/runs/state'
import { CategoryIcon } from '~/ui/CategoryIcon'
import { formatCompact } from '~/ui/format'
import { CardTitle } from './CardTitle'
import classes from './ContainerFrame.module.css'
import { useScene } from './context'
import { FoldButton } from './FoldButton'
import { NODE_WIDTH } from './geometry'
import { Facts } from './NodeFacts'
import { NodeMarks } from './NodeMarks'
import { NodeOverlays } from './NodeOverlays'
import { NodePorts } from './NodePorts'
import { NodeStatusMark } from './NodeStatusMark'
import { FRAME_HANDLE } from './notesToFlow'
import type { FlowNode } from './toFlow'
import { useFit } from './useFit'
import { useRunOf } from './useRunOf'

/** Items that are over, in percent of all, those that were lost among them; null where there are none to count. */
function share(run: NodeRunView | undefined): number | null {
  const items = run?.counted ?? run?.items
  if (!items || items.kind === 'call' || isOnce(items) || !items.total) return null
  return Math.min(100, (100 * items.done) / items.total)
}

/** A container that is open in place: its title, counter and progress over the graph inside. */
export const ContainerFrame = memo(function ContainerFrame({
  id,
  data,
  selected,
  width,
}: NodeProps<FlowNode>) {
  const scene = useScene()
  const { run, store } = useRunOf(id)
  const { from, fit, why } = useFit(id)
  const [hovered, setHovered] = useState(false)
  const done = share(run)
  const lost = lostItems(run)
  const { problems } = data
  return (
    <div
      className={classes.frame}
      data-testid={`node-${id}`}
      data-open
      data-status={run?.status ?? (store ? 'pending' : undefined)}
      data-selected={selected || undefined}
      data-active={data.frame?.active || undefined}
      data-disabled={data.disabled || undefined}
      data-fit={fit}
    >
      <div
        className={`${classes.head} ${FRAME_HANDLE}`}
        data-testid={`frame-head-${id}`}
        title={why ?? undefined}
        onPointerEnter={() => setHovered(true)}
        onPointerLeave={() => setHovered(false)}
      >
        <FoldButton id={id} title={data.title} />
        <CategoryIcon category={data.nodeType?.category ?? ''} icon={data.nodeType?.icon} />
        <div className={classes.words}>
          <CardTitle id={id} title={data.title} renaming={data.renaming} />
          <span className={classes.subtitle} data-lost={lost ? true : undefined}>
            {lost
              ? words.runs.items.lost(formatCompact(lost.failed), formatCompact(lost.total))
              : words.bodies.count(data.inside ?? 0)}
          </span>
        </div>
        {scene.head ? <div className={`${classes.extra} nodrag nopan`}>{scene.head(id)}</div> : null}
        <div className={classes.facts}>
          <NodeStatusMark run={run} maximumAttempts={data.maximumAttempts} disabled={data.disabled} />
          <Facts run={run} />
        </div>
        {done === null ? null : (
          <span
            className={classes.progress}
            role="progressbar"
            aria-label={words.bodies.progress}
            aria-valuenow={Math.round(done)}
          >
            <span style={{ width: `${done}%` }} />
          </span>
        )}
      </div>
      {data.inside === 0 ? <p className={classes.empty}>{words.bodies.emptyFrame}</p> : null}
      {problems ? (
        <span
          className={classes.corner}
          data-severity={problems.errors > 0 ? 'error' : 'warning'}
          title={problems.first}
        >
          {problems.errors + problems.warnings}
        </span>
      ) : null}
      <NodeMarks id={id} />
      <NodeOverlays id={id} />
      <NodePorts
        id={id}
        data={data}
        from={from}
        fit={fit}
        near={hovered || (selected ?? false)}
        width={width ?? NODE_WIDTH}
      />
    </div>
  )
})

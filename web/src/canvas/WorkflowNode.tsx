import { IconArrowBackUp } from '@tabler/icons-react'
import type { NodeProps } from '@xyflow/react'
import { memo, useState } from 'react'
import { words } from '~/i18n'
import { lostItems } from '~/runs/items'
import { CategoryIcon } from '~/ui/CategoryIcon'
import { formatCompact } from '~/ui/format'
import { CardTitle } from './CardTitle'
import { FoldCount } from './FoldButton'
import { Facts, stripeOf } from './NodeFacts'
import { NodeMarks } from './NodeMarks'
import { NodeOverlays } from './NodeOverlays'
import { NodePorts } from './NodePorts'
import { NodeStatusMark } from './NodeStatusMark'
import type { FlowNode } from './toFlow'
import { useFit } from './useFit'
import { useRunOf } from './useRunOf'
import classes from './WorkflowNode.module.css'

/** A node card: fixed size, its ports at computed places, its live status from outside the document. */
export const WorkflowNode = memo(function WorkflowNode({ id, data, selected }: NodeProps<FlowNode>) {
  const { run, store } = useRunOf(id)
  const { from, fit, why } = useFit(id)
  const status = run?.status ?? (store ? 'pending' : undefined)
  const { problems } = data
  const stripe = stripeOf(run)
  const lost = lostItems(run)
  const [hovered, setHovered] = useState(false)
  return (
    <div
      className={classes.card}
      onPointerEnter={() => setHovered(true)}
      onPointerLeave={() => setHovered(false)}
      data-testid={`node-${id}`}
      data-status={status}
      data-selected={selected || undefined}
      data-disabled={data.disabled || undefined}
      data-fit={fit}
      data-container={data.inside !== null || undefined}
      data-lost={lost ? true : undefined}
      title={why ?? undefined}
    >
      <CategoryIcon category={data.nodeType?.category ?? ''} icon={data.nodeType?.icon} />
      <div className={classes.words}>
        <CardTitle id={id} title={data.title} renaming={data.renaming} />
        {lost ? (
          <span className={classes.subtitle} data-lost>
            {words.runs.items.lost(formatCompact(lost.failed), formatCompact(lost.total))}
          </span>
        ) : data.inside === null ? (
          <span className={classes.subtitle} title={`${data.type} · ${data.subtitle}`}>
            {data.subtitle}
          </span>
        ) : (
          <FoldCount id={id} title={data.title} inside={data.inside} />
        )}
      </div>
      <div className={classes.facts}>
        <NodeStatusMark run={run} maximumAttempts={data.maximumAttempts} disabled={data.disabled} />
        <Facts run={run} />
      </div>
      {status === 'running' || stripe ? (
        <span className={classes.stripe} data-known={stripe ? true : undefined} style={stripe} />
      ) : null}
      {problems ? (
        <span
          className={classes.corner}
          data-severity={problems.errors > 0 ? 'error' : 'warning'}
          title={problems.first}
        >
          {problems.errors + problems.warnings}
        </span>
      ) : null}
      {data.undoes === null ? null : (
        <span className={classes.undoes} title={words.editor.wire.undoes(data.undoes)}>
          <IconArrowBackUp size={11} stroke={2} aria-hidden />
          {words.editor.wire.undo}
        </span>
      )}
      <NodeMarks id={id} />
      <NodeOverlays id={id} />
      <NodePorts id={id} data={data} from={from} fit={fit} near={hovered || selected} />
    </div>
  )
})

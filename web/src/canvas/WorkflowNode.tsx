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

type Lost = NonNullable<ReturnType<typeof lostItems>>
const lostText = ({ failed, total }: Lost): string =>
  words.runs.items.lost(formatCompact(failed), formatCompact(total))

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
        {data.inside === null ? (
          <span
            className={classes.subtitle}
            title={lost ? undefined : `${data.type} · ${data.subtitle}`}
            data-lost={lost ? true : undefined}
          >
            {lost ? lostText(lost) : data.subtitle}
          </span>
        ) : (
          <FoldCount
            id={id}
            title={data.title}
            text={lost ? lostText(lost) : words.bodies.count(data.inside)}
            lost={lost !== null}
          />
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

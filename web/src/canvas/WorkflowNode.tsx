import { IconArrowBackUp } from '@tabler/icons-react'
import { Handle, type NodeProps, Position, useConnection } from '@xyflow/react'
import { memo, useState } from 'react'
import { words } from '~/i18n'
import { describeType } from '~/model/ports'
import { isOnce, itemsText, lostItems } from '~/runs/items'
import { RowCount } from '~/runs/RowCount'
import type { NodeRunView } from '~/runs/state'
import { useNodeRun } from '~/runs/useRun'
import { CategoryIcon } from '~/ui/CategoryIcon'
import { elapsed, formatCompact, formatDuration } from '~/ui/format'
import { CardTitle } from './CardTitle'
import { useScene } from './context'
import { ERROR_AT, NEW_PORT, type PortView, UNDO_HANDLE } from './geometry'
import { NodeMarks } from './NodeMarks'
import { NodeOverlays } from './NodeOverlays'
import { NodeStatusMark } from './NodeStatusMark'
import { PortAdds } from './PortAdd'
import type { FlowNode } from './toFlow'
import classes from './WorkflowNode.module.css'
import { parseWireEnd, type WireEnd, whyNot, wireEndKey } from './wiring'

type Fit = 'none' | 'yes' | 'no'

/** Whether the wire being dragged may end at this card. */
function useFit(id: string): { from: WireEnd | null; fit: Fit; why: string | null } {
  const from = parseWireEnd(useConnection(wireEndKey))
  const scene = useScene()
  if (!from || from.node === id) return { from, fit: 'none', why: null }
  const why = whyNot(scene.getDocument(), scene.types, from, id)
  return { from, fit: why === null ? 'yes' : 'no', why }
}

function PortHandle({ port, side, fit }: { port: PortView; side: 'target' | 'source'; fit: Fit }) {
  const { readOnly } = useScene()
  const name = port.name === NEW_PORT ? words.editor.wire.newPort : port.name
  return (
    <Handle
      id={port.name}
      type={side}
      position={side === 'target' ? Position.Left : Position.Right}
      className={classes.handle}
      style={{ top: port.at }}
      isConnectable={!readOnly}
      data-quiet={port.quiet || undefined}
      data-fit={fit}
      data-add={port.name === NEW_PORT || undefined}
      title={`${name}: ${describeType(port.type)}${port.required ? words.editor.wire.required : ''}`}
    />
  )
}

function PortNames({ ports, side }: { ports: readonly PortView[]; side: 'target' | 'source' }) {
  const { readOnly } = useScene()
  return ports.map((port) => (
    <span
      key={port.name}
      className={classes.portName}
      data-side={side}
      data-many={ports.length > 1 || undefined}
      data-free={(!readOnly && !port.wired) || undefined}
      style={{ top: port.at }}
    >
      {port.name}
    </span>
  ))
}

/** Where the wire to what undoes the node begins, or ends: seen by React Flow only. */
function UndoEnd({ type }: { type: 'source' | 'target' }) {
  return (
    <Handle
      id={UNDO_HANDLE}
      type={type}
      position={type === 'source' ? Position.Bottom : Position.Top}
      className={classes.undoEnd}
      isConnectable={false}
    />
  )
}

function Facts({ run }: { run: NodeRunView | undefined }) {
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

function stripeOf(run: NodeRunView | undefined): React.CSSProperties | undefined {
  const counted = run?.status === 'waiting' ? (run.counted ?? run.items) : null
  const items = counted && !isOnce(counted) && counted.kind !== 'call' ? counted : null
  const progress = run?.status === 'running' ? run.progress : items
  return progress?.total ? { width: `${Math.min(100, (100 * progress.done) / progress.total)}%` } : undefined
}

/** A node card: fixed size, its ports at computed places, its live status from outside the document. */
export const WorkflowNode = memo(function WorkflowNode({ id, data, selected }: NodeProps<FlowNode>) {
  const scene = useScene()
  const run = useNodeRun(scene.status, id)
  const { from, fit, why } = useFit(id)
  const status = run?.status ?? (scene.status ? 'pending' : undefined)
  const { ports, problems } = data
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
        ) : (
          <span className={classes.subtitle} title={`${data.type} · ${data.subtitle}`}>
            {data.inside === null ? data.subtitle : words.bodies.count(data.inside)}
          </span>
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
      {data.undone ? <UndoEnd type="source" /> : null}
      {data.undoes === null ? null : <UndoEnd type="target" />}
      {ports.inputs.map((port) => (
        <PortHandle key={port.name} port={port} side="target" fit={from?.type === 'source' ? fit : 'none'} />
      ))}
      {ports.outputs.map((port) => (
        <PortHandle key={port.name} port={port} side="source" fit={from?.type === 'target' ? fit : 'none'} />
      ))}
      <PortNames ports={ports.inputs.filter((port) => port.name !== NEW_PORT)} side="target" />
      <PortNames ports={ports.outputs} side="source" />
      <Handle
        id="error"
        type="source"
        position={Position.Bottom}
        className={classes.errorHandle}
        style={{ left: ERROR_AT }}
        isConnectable={!scene.readOnly}
        data-wired={data.errorWired || undefined}
        title={words.editor.wire.error}
      />
      {(hovered || selected) && !scene.readOnly && from === null ? (
        <PortAdds node={id} ports={ports} />
      ) : null}
    </div>
  )
})

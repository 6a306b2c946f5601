import { BaseEdge, type EdgeProps, getSmoothStepPath } from '@xyflow/react'
import { memo } from 'react'
import { useStore } from 'zustand'
import { words } from '~/i18n'
import { ERROR_OUTLET } from '~/model/edges'
import { ownOf } from '~/model/frames'
import { ANY, describeType, outletType } from '~/model/ports'
import type { NodeRunView } from '~/runs/state'
import { formatCompact, formatCount } from '~/ui/format'
import { useScene } from './context'
import { NODE_HEIGHT, NODE_WIDTH } from './geometry'
import { useChange } from './marks'
import { documentOf } from './sceneWires'
import type { FlowEdge } from './toFlow'
import { useRunOf } from './useRunOf'
import classes from './WorkflowEdge.module.css'

export type EdgeState = 'open' | 'flowing' | 'taken' | 'failed' | 'skipped'

/** An edge ends taken or skipped; until its source has ended it is open. */
export function edgeState(
  source: NodeRunView | undefined,
  target: NodeRunView | undefined,
  outlet: string,
): EdgeState {
  if (!source) return 'open'
  switch (source.status) {
    case 'succeeded':
      if (!(outlet in source.outputs)) return 'skipped'
      return target?.status === 'running' ? 'flowing' : 'taken'
    case 'failed':
      return outlet === ERROR_OUTLET && target && target.status !== 'cancelled' ? 'failed' : 'skipped'
    case 'skipped':
    case 'cancelled':
      return 'skipped'
    default:
      return 'open'
  }
}

/** A wire: grey, green-grey with its row count when data went over it, dashed when it was skipped. */
export const WorkflowEdge = memo(function WorkflowEdge(props: EdgeProps<FlowEdge>) {
  const { source, target, selected, data, id } = props
  const outlet = data?.outlet ?? 'out'
  const scene = useScene()
  const { run: from } = useRunOf(source)
  const { run: to } = useRunOf(target)
  const document = documentOf(scene, source)
  const state = edgeState(from, to, outlet)
  const change = useChange(id)
  const aimed = useStore(scene.dragging, (now) => now.edge === id)
  const [path, labelX, labelY] = getSmoothStepPath({ ...props, borderRadius: 12 })
  const value = state === 'taken' || state === 'flowing' ? from?.outputs[outlet] : undefined
  const rows = value?.kind === 'table' ? value.rows : undefined
  return (
    <g
      className={classes.edge}
      data-state={state}
      data-change={change?.kind}
      data-selected={selected || undefined}
      data-aimed={aimed || undefined}
      data-error={outlet === ERROR_OUTLET || undefined}
    >
      <title>
        {change ? `${words.versions.mark[change.kind]}: ` : ''}
        {words.editor.wire.title(
          ownOf(id),
          describeType(document ? outletType(document, scene.types, ownOf(source), outlet) : ANY),
        )}
        {rows === undefined
          ? ''
          : `, ${rows === null ? words.runs.notStored : words.editor.rows(formatCount(rows), rows)}`}
      </title>
      <BaseEdge path={path} interactionWidth={16} className={classes.path} />
      {typeof rows === 'number' ? (
        <text x={labelX} y={labelY} dy="0.35em" className={classes.rows}>
          {formatCompact(rows)}
        </text>
      ) : null}
      {scene.readOnly ? null : (
        // biome-ignore lint/a11y/noStaticElementInteractions: a short cut for the pointer; keys have an action for the chosen wire.
        <g
          className={classes.insert}
          transform={`translate(${labelX} ${labelY})`}
          onClick={(event) => {
            event.stopPropagation()
            scene.getEditing()?.onQuickAdd({
              at: [labelX - NODE_WIDTH / 2, labelY - NODE_HEIGHT / 2],
              into: { source, outlet, target, port: data?.port ?? 'in' },
            })
          }}
        >
          <circle r={9} />
          <path d="M-4 0H4M0 -4V4" />
        </g>
      )}
    </g>
  )
})

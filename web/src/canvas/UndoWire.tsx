import { BaseEdge, type EdgeProps, getSmoothStepPath } from '@xyflow/react'
import { memo } from 'react'
import { words } from '~/i18n'
import { ownOf } from '~/model/frames'
import { nodeTitle } from '~/model/workflow'
import type { NodeRunView } from '~/runs/state'
import { useScene } from './context'
import { documentOf } from './sceneWires'
import type { FlowEdge } from './toFlow'
import { useRunOf } from './useRunOf'
import classes from './WorkflowEdge.module.css'

type UndoState = 'open' | 'flowing' | 'taken' | 'failed'

/** It is taken when what was done had to be taken back. */
function undoState(undo: NodeRunView | undefined): UndoState {
  switch (undo?.status) {
    case 'running':
    case 'retrying':
    case 'waiting':
      return 'flowing'
    case 'succeeded':
      return 'taken'
    case 'failed':
      return 'failed'
    default:
      return 'open'
  }
}

/** From a node to the one that undoes it: dotted, since nothing goes there but after a failure. */
export const UndoWire = memo(function UndoWire(props: EdgeProps<FlowEdge>) {
  const { source, target, targetX, targetY } = props
  const scene = useScene()
  const state = undoState(useRunOf(target).run)
  const [path, labelX, labelY] = getSmoothStepPath({ ...props, borderRadius: 12 })
  const nodes = documentOf(scene, source)?.nodes ?? {}
  const titleOf = (name: string) => nodeTitle(ownOf(name), nodes[ownOf(name)])
  return (
    <g className={classes.edge} data-undo data-state={state} data-testid={`undo-${source}`}>
      <title>{words.editor.wire.undoTitle(titleOf(source), titleOf(target))}</title>
      <BaseEdge path={path} interactionWidth={16} className={classes.path} />
      <path
        className={classes.tip}
        transform={`translate(${targetX} ${targetY})`}
        d="M-4.5 -7L0 -1.5L4.5 -7"
      />
      <text x={labelX} y={labelY} dy="0.35em" className={classes.rows}>
        {words.editor.wire.undo}
      </text>
    </g>
  )
})

import { ActionIcon, Tooltip } from '@mantine/core'
import { IconLayoutSidebarRightCollapse } from '@tabler/icons-react'
import type { KeyboardEvent, PointerEvent } from 'react'
import { words } from '~/i18n'
import type { FollowedRun } from '~/runs/useRun'
import { setPanels } from './actions/panels'
import classes from './inspector/Inspector.module.css'
import { NodeInspector } from './inspector/NodeInspector'
import { SelectionInspector } from './inspector/SelectionInspector'
import { WorkflowInspector } from './inspector/WorkflowInspector'
import { soleNode } from './state'
import { useDispatch, useEditor } from './store'

const [LEAST, MOST, STEP] = [320, 900, 24]

/** What is chosen, in detail: a node, several things, or the workflow itself. */
export function Inspector({ run }: { run: FollowedRun }) {
  const dispatch = useDispatch()
  const width = useEditor((state) => state.panels.inspectorWidth)
  const node = useEditor(soleNode)
  const chosen = useEditor((state) => state.selection.nodes.length + state.selection.edges.length)
  const fold = (
    <Tooltip label={words.editor.inspector.fold}>
      <ActionIcon
        size={28}
        aria-label={words.editor.inspector.fold}
        onClick={() => dispatch(setPanels, { inspector: false, inspectorFollows: false })}
      >
        <IconLayoutSidebarRightCollapse size={17} stroke={1.7} />
      </ActionIcon>
    </Tooltip>
  )
  return (
    <aside
      className={classes.inspector}
      style={{ width }}
      data-pane="inspector"
      aria-label={words.editor.inspector.label}
      data-testid="inspector"
    >
      <Divider width={width} />
      {node !== null ? (
        <NodeInspector key={node} id={node} run={run} aside={fold} />
      ) : chosen > 0 ? (
        <SelectionInspector aside={fold} />
      ) : (
        <WorkflowInspector aside={fold} />
      )}
    </aside>
  )
}

/** Drag, or arrow keys, make the panel wider and narrower. */
function Divider({ width }: { width: number }) {
  const dispatch = useDispatch()
  const set = (next: number) =>
    dispatch(setPanels, { inspectorWidth: Math.max(LEAST, Math.min(MOST, window.innerWidth - 560, next)) })
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (event.buttons !== 1) return
    event.currentTarget.setPointerCapture(event.pointerId)
    const panel = event.currentTarget.parentElement
    if (panel) set(panel.getBoundingClientRect().right - event.clientX)
  }
  const press = (event: KeyboardEvent) => {
    if (event.key === 'ArrowLeft') set(width + STEP)
    else if (event.key === 'ArrowRight') set(width - STEP)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a separator that can be moved has no element of its own.
    <div
      className={classes.divider}
      role="separator"
      aria-orientation="vertical"
      aria-label={words.editor.inspector.resize}
      aria-valuenow={width}
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      tabIndex={0}
      onPointerDown={drag}
      onPointerMove={drag}
      onKeyDown={press}
    />
  )
}

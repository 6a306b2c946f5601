import { ActionIcon, Tooltip } from '@mantine/core'
import { useViewportSize } from '@mantine/hooks'
import { IconColumns3, IconLayoutSidebarRightCollapse } from '@tabler/icons-react'
import type { KeyboardEvent, PointerEvent } from 'react'
import { words } from '~/i18n'
import type { FollowedRun } from '~/runs/useRun'
import { setPanels } from './actions/panels'
import classes from './inspector/Inspector.module.css'
import { PANES_WIDTH } from './inspector/width'
import { InspectorContent } from './later'
import { soleNode } from './state'
import { useDispatch, useEditor } from './store'

const t = words.editor.inspector
const [LEAST, MOST, STEP] = [320, 1_600, 24]
const USUAL = 420
/** Beside it the canvas and the navigation keep this much. */
const CANVAS = 480
const PALETTE = 280

/** What is chosen, in detail: a node, several things, or the workflow itself. */
export function Inspector({ run }: { run: FollowedRun }) {
  const dispatch = useDispatch()
  const width = useEditor((state) => state.panels.inspectorWidth)
  const node = useEditor(soleNode)
  const palette = useEditor((state) => state.panels.palette)
  const most = useMost(palette)
  const shown = Math.min(width, most)
  const widened = shown >= PANES_WIDTH
  const fold = (
    <>
      {node === null ? null : (
        <Tooltip label={widened ? t.narrow : t.widen}>
          <ActionIcon
            size={28}
            aria-label={widened ? t.narrow : t.widen}
            aria-pressed={widened}
            onClick={() =>
              dispatch(
                setPanels,
                widened
                  ? { inspectorWidth: USUAL }
                  : { inspectorWidth: Math.max(PANES_WIDTH, window.innerWidth - CANVAS), palette: false },
              )
            }
          >
            <IconColumns3 size={17} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
      )}
      <Tooltip label={t.fold}>
        <ActionIcon
          size={28}
          aria-label={t.fold}
          onClick={() => dispatch(setPanels, { inspector: false, inspectorFollows: false })}
        >
          <IconLayoutSidebarRightCollapse size={17} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
    </>
  )
  return (
    <aside
      className={classes.inspector}
      style={{ width: shown }}
      data-pane="inspector"
      aria-label={t.label}
      data-testid="inspector"
    >
      <Divider width={shown} most={most} />
      <InspectorContent run={run} width={shown} aside={fold} />
    </aside>
  )
}

/** How wide it may be, so that the canvas stays in sight. */
function useMost(palette: boolean): number {
  const { width } = useViewportSize()
  const room = width || window.innerWidth
  return Math.max(LEAST, Math.min(MOST, room - CANVAS - (palette ? PALETTE : 0)))
}

/** Drag, or arrow keys, make the panel wider and narrower. */
function Divider({ width, most }: { width: number; most: number }) {
  const dispatch = useDispatch()
  const set = (next: number) => dispatch(setPanels, { inspectorWidth: Math.max(LEAST, Math.min(most, next)) })
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
      aria-label={t.resize}
      aria-valuenow={width}
      aria-valuemin={LEAST}
      aria-valuemax={most}
      tabIndex={0}
      onPointerDown={drag}
      onPointerMove={drag}
      onKeyDown={press}
    />
  )
}

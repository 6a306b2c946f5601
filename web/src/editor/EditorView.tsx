import { ActionIcon, Tooltip } from '@mantine/core'
import { IconLayoutSidebarLeftExpand, IconLayoutSidebarRightExpand } from '@tabler/icons-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { Canvas } from '~/canvas/Canvas'
import type { MenuTarget } from '~/canvas/context'
import { MarksContext } from '~/canvas/marks'
import { Palette } from '~/canvas/Palette'
import type { CanvasHandle } from '~/canvas/viewport'
import { words } from '~/i18n'
import { useRun } from '~/runs/useRun'
import { addNode } from './actions/addNode'
import { setPanels } from './actions/panels'
import { showExecution } from './actions/run'
import { selectItems } from './actions/select'
import { BodyTrail } from './BodyTrail'
import { BottomDrawer } from './BottomDrawer'
import { CanvasMenu, type MenuState } from './CanvasMenu'
import { Dialogs } from './Dialogs'
import classes from './Editor.module.css'
import { EditorBar } from './EditorBar'
import { EmptyCanvas } from './EmptyCanvas'
import { Inspector } from './Inspector'
import { PlanStrip } from './partial/PlanStrip'
import { useMarks } from './partial/usePins'
import { QuickAddList } from './QuickAddList'
import { useDispatch, useEditor, useEditorHandle } from './store'
import { DraftNotices } from './sync/DraftNotices'
import { useSync } from './sync/useSync'
import { useCanvasEditing } from './useCanvasEditing'
import { useContainerInspector } from './useContainerInspector'
import { useServices } from './useServices'
import { useShortcuts } from './useShortcuts'
import { useValidation } from './useValidation'

interface EditorViewProps {
  /** Told when another run is shown, so that the address holds it. */
  onExecution(id: string | null): void
}

/** Palette, canvas and inspector, the bar above and the drawer below. */
export function EditorView({ onExecution }: EditorViewProps) {
  const canvas = useRef<CanvasHandle>(null)
  const [menu, setMenu] = useState<MenuState | null>(null)
  useServices(canvas)
  useShortcuts()
  useValidation()
  useSync()
  useContainerInspector()
  const { store, dispatch } = useEditorHandle()
  const document = useEditor((state) => state.document)
  const path = useEditor((state) => state.path)
  const types = useEditor((state) => state.types)
  const panels = useEditor((state) => state.panels)
  const executionId = useEditor((state) => state.execution)
  const run = useRun(executionId)
  useEffect(() => onExecution(executionId), [executionId, onExecution])

  const onMenu = useCallback(
    (target: MenuTarget, client: { x: number; y: number }) => {
      const { selection } = store.getState()
      // A menu on what is not chosen is about that alone.
      if (target.kind === 'node' && !selection.nodes.includes(target.id)) {
        dispatch(selectItems, { nodes: [target.id], edges: [] })
      }
      if (target.kind === 'edge') dispatch(selectItems, { nodes: [], edges: [target.id] })
      setMenu({ target, ...client })
    },
    [store, dispatch],
  )
  useEffect(() => {
    // The panel takes its room from the canvas; the node it is about stays in sight.
    const [id] = store.getState().selection.nodes
    if (!panels.inspector || id === undefined) return
    const frame = requestAnimationFrame(() => canvas.current?.show(id))
    return () => cancelAnimationFrame(frame)
  }, [panels.inspector, store])
  const editing = useCanvasEditing(onMenu)
  const markStore = useMarks()
  const marks = useMemo(
    () => ({ store: markStore, prefix: path.map((id) => `${id}/`).join('') }),
    [markStore, path],
  )
  const empty = useMemo(() => Object.keys(document.nodes).length === 0, [document.nodes])

  return (
    <div className={classes.editor}>
      <EditorBar run={run} />
      <div className={classes.body}>
        {panels.palette ? (
          <Palette
            types={types}
            onInsert={(type) => dispatch(addNode, { type })}
            onFold={() => dispatch(setPanels, { palette: false })}
          />
        ) : null}
        <div className={classes.middle}>
          <div className={classes.stage}>
            {panels.palette ? null : <Unfold side="left" />}
            {panels.inspector ? null : <Unfold side="right" />}
            <BodyTrail />
            <DraftNotices />
            <PlanStrip />
            <MarksContext value={marks}>
              <Canvas
                key={path.join('/')}
                ref={canvas}
                document={document}
                nodeTypes={types}
                status={path.length === 0 ? run.store : null}
                editing={editing}
              />
            </MarksContext>
            {empty ? <EmptyCanvas /> : null}
            <QuickAddList canvas={canvas} />
            <CanvasMenu menu={menu} onClose={() => setMenu(null)} />
          </div>
          <BottomDrawer />
        </div>
        {panels.inspector ? <Inspector run={run} /> : null}
      </div>
      <Dialogs onStarted={(id) => dispatch(showExecution, id)} />
    </div>
  )
}

function Unfold({ side }: { side: 'left' | 'right' }) {
  const dispatch = useDispatch()
  const left = side === 'left'
  const label = left ? words.editor.palette.unfold : words.editor.inspector.unfold
  const Icon = left ? IconLayoutSidebarLeftExpand : IconLayoutSidebarRightExpand
  return (
    <Tooltip label={label}>
      <ActionIcon
        className={classes.unfold}
        data-side={side}
        variant="default"
        size={32}
        aria-label={label}
        onClick={() =>
          dispatch(setPanels, left ? { palette: true } : { inspector: true, inspectorFollows: true })
        }
      >
        <Icon size={17} stroke={1.7} />
      </ActionIcon>
    </Tooltip>
  )
}

import { ActionIcon, Tooltip } from '@mantine/core'
import { IconLayoutSidebarLeftExpand, IconLayoutSidebarRightExpand } from '@tabler/icons-react'
import { useEffect, useMemo, useRef } from 'react'
import { Canvas } from '~/canvas/Canvas'
import { OverlayContext } from '~/canvas/marks'
import { Palette } from '~/canvas/Palette'
import type { CanvasHandle } from '~/canvas/viewport'
import { ReadOnlyForms } from '~/forms/context'
import { words } from '~/i18n'
import { join, split } from '~/model/frames'
import { useRun } from '~/runs/useRun'
import { Splitter } from '~/ui/Splitter'
import { addNode } from './actions/addNode'
import { setPanels } from './actions/panels'
import { showExecution } from './actions/run'
import { BodyTrail } from './BodyTrail'
import { BottomDrawer } from './BottomDrawer'
import { CanvasMenu } from './CanvasMenu'
import { ComparisonStrip } from './ComparisonStrip'
import { Dialogs } from './Dialogs'
import classes from './Editor.module.css'
import { EditorBar } from './EditorBar'
import { EmptyCanvas } from './EmptyCanvas'
import { FindPanel } from './FindPanel'
import { Inspector } from './Inspector'
import { PANES_WIDTH } from './inspector/width'
import { LargeNote } from './LargeNote'
import { Tour, useFetchLater, YamlPanel } from './later'
import { PlanStrip } from './partial/PlanStrip'
import { QuickAddList } from './QuickAddList'
import { soleNode } from './state'
import { useDispatch, useEditor, useEditorHandle } from './store'
import { DraftNotices } from './sync/DraftNotices'
import { useSync } from './sync/useSync'
import { useTogether } from './sync/useTogether'
import { useCanvasEditing } from './useCanvasEditing'
import { useCanvasFrames } from './useCanvasFrames'
import { useCommands } from './useCommands'
import { useContainerInspector } from './useContainerInspector'
import { useMenu } from './useMenu'
import { useOverlays, useShownGraph } from './useOverlays'
import { useReadOnly } from './useReadOnly'
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
  const { menu, onMenu, openMenu, closeMenu } = useMenu(canvas)
  useServices(canvas, openMenu)
  useShortcuts()
  useValidation()
  useSync()
  useContainerInspector()
  useReadOnly()
  useCommands()
  useFetchLater()
  const { store, dispatch } = useEditorHandle()
  const path = useEditor((state) => state.canvas)
  const frames = useCanvasFrames()
  const types = useEditor((state) => state.types)
  const panels = useEditor((state) => state.panels)
  const panes = panels.inspectorWidth >= PANES_WIDTH
  const executionId = useEditor((state) => state.execution)
  const run = useRun(executionId)
  useEffect(() => onExecution(executionId), [executionId, onExecution])

  // biome-ignore lint/correctness/useExhaustiveDependencies: a panel of another width takes other room.
  useEffect(() => {
    // The panel takes its room from the canvas; the node it is about stays in sight.
    const [id] = store.getState().selection.nodes
    if (!panels.inspector || id === undefined) return
    const frame = requestAnimationFrame(() => canvas.current?.show(id))
    return () => cancelAnimationFrame(frame)
  }, [panels.inspector, panes, store])
  const editing = useCanvasEditing(onMenu)
  const people = useTogether()
  const overlays = useOverlays(people)
  const graph = useShownGraph()
  const readOnly = useEditor((state) => state.readOnly !== null)
  const comparing = useEditor((state) => state.comparison !== null)
  const sole = useEditor((state) => (state.comparison ? (state.selection.nodes[0] ?? null) : soleNode(state)))
  /** Where the canvas only shows, too, it is the graph of what is clicked that one looks at. */
  const entered = (name: string): string => {
    const { key, own } = split(name)
    editing.onGraph(key)
    return own
  }
  const empty = useMemo(() => Object.keys(graph.nodes).length === 0, [graph.nodes])

  return (
    <div className={classes.editor}>
      <EditorBar run={run} people={people} />
      <div className={classes.body}>
        {panels.palette && !readOnly ? (
          <Palette
            types={types}
            onInsert={(type) => dispatch(addNode, { type })}
            onFold={() => dispatch(setPanels, { palette: false })}
          />
        ) : null}
        <div className={classes.middle}>
          <div className={classes.stage}>
            {panels.palette || readOnly ? null : <Unfold side="left" />}
            {panels.inspector ? null : <Unfold side="right" />}
            <BodyTrail />
            <DraftNotices />
            <PlanStrip />
            <ComparisonStrip />
            <OverlayContext value={overlays}>
              <Canvas
                key={path.join('/')}
                ref={canvas}
                document={graph}
                nodeTypes={types}
                status={path.length === 0 ? run.store : null}
                editing={editing}
                readOnly={readOnly || comparing}
                frames={frames}
                selected={sole === null ? null : join(frames.active ?? '', sole)}
                onSelect={(name) => editing.onSelectOnly(name === null ? null : entered(name))}
                onOpen={(name) => editing.onOpen(entered(name))}
              />
            </OverlayContext>
            {empty ? <EmptyCanvas /> : null}
            {panels.tour && !readOnly ? <Tour /> : null}
            <LargeNote />
            {panels.find ? <FindPanel /> : null}
            {panels.quickAdd ? <QuickAddList canvas={canvas} /> : null}
            <CanvasMenu menu={menu} onClose={closeMenu} />
          </div>
          <BottomDrawer />
        </div>
        {panels.yamlBeside ? (
          <>
            <Splitter
              label={words.yaml.width}
              orientation="vertical"
              size={panels.yamlWidth}
              min={280}
              max={900}
              onChange={(yamlWidth) => dispatch(setPanels, { yamlWidth })}
            />
            <div className={classes.beside} style={{ width: panels.yamlWidth }} data-pane="yaml">
              <YamlPanel beside />
            </div>
          </>
        ) : null}
        <OverlayContext value={overlays}>
          <ReadOnlyForms value={readOnly}>{panels.inspector ? <Inspector run={run} /> : null}</ReadOnlyForms>
        </OverlayContext>
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

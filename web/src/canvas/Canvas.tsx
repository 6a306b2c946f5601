import '@xyflow/react/dist/style.css'
import { ReactFlowProvider } from '@xyflow/react'
import { type Ref, useLayoutEffect, useRef, useState } from 'react'
import { words } from '~/i18n'
import { boundsOfGraphs, openGraphs } from '~/model/frames'
import type { NodeTypes } from '~/model/nodeType'
import type { WorkflowDocument } from '~/model/workflow'
import type { RunStatusStore } from '~/runs/state'
import classes from './Canvas.module.css'
import { CanvasStage, NONE_OPEN } from './CanvasStage'
import type { CanvasEditing, CanvasFrames } from './context'
import { type CanvasHandle, viewportFor } from './viewport'

export interface CanvasProps {
  document: WorkflowDocument
  nodeTypes: NodeTypes
  /** Live status of a run, drawn on the cards and wires. */
  status: RunStatusStore | null
  /** The chosen node, where the canvas only shows (with `editing` the selection comes from there). */
  selected?: string | null
  onSelect?(id: string | null): void
  /** A double click, where the canvas only shows. */
  onOpen?(id: string): void
  readOnly?: boolean
  editing?: CanvasEditing
  /** Containers open in place; without it they cannot be. */
  frames?: CanvasFrames
  ref?: Ref<CanvasHandle>
}

/** The graph. Fills its parent, which must have a size; the first view shows all of it. */
export function Canvas(props: CanvasProps) {
  const frame = useRef<HTMLDivElement>(null)
  const [size, setSize] = useState<{ width: number; height: number } | null>(null)
  useLayoutEffect(() => {
    const box = frame.current?.getBoundingClientRect()
    if (box) setSize({ width: box.width, height: box.height })
  }, [])
  return (
    // biome-ignore lint/a11y/useSemanticElements: no element means "drawing area with its own keys".
    <div
      ref={frame}
      className={classes.frame}
      data-canvas
      data-testid="canvas"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys of the graph need a place for the focus.
      tabIndex={0}
      role="group"
      aria-label={words.editor.canvas}
    >
      {size ? (
        <ReactFlowProvider>
          <CanvasStage
            {...props}
            firstView={viewportFor(
              boundsOfGraphs(openGraphs(props.document, props.frames?.open ?? NONE_OPEN, props.nodeTypes)),
              size.width,
              size.height,
            )}
          />
        </ReactFlowProvider>
      ) : null}
    </div>
  )
}

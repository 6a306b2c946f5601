import { useReactFlow, useStore, useStoreApi, type Viewport } from '@xyflow/react'
import { type Ref, useCallback, useEffect, useImperativeHandle, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { boundsOfGraphs, graphAt, join, type OpenGraph, toCanvas, toGraph } from '~/model/frames'
import type { Bounds } from '~/model/layout'
import type { Position } from '~/model/workflow'
import { prefersStill } from '~/ui/motion'
import { NODE_HEIGHT, NODE_WIDTH } from './geometry'

/** Below this zoom all nodes are on screen: the bitmap layer takes over. */
export const FAR_ZOOM = 0.3
/** Below this zoom small print is left out and titles grow, so that cards can still be read. */
export const SMALL_ZOOM = 0.65
export const MIN_ZOOM = 0.02
export const MAX_ZOOM = 2
const PADDING = 40

/** The view that shows all of `bounds`, never enlarged. */
export function viewportFor(bounds: Bounds | null, width: number, height: number): Viewport {
  if (!bounds || width === 0 || height === 0) return { x: width / 2 - NODE_WIDTH / 2, y: height / 2, zoom: 1 }
  const room = (side: number) => Math.max(side - 2 * PADDING, side / 2)
  const zoom = Math.max(MIN_ZOOM, Math.min(1, room(width) / bounds.width, room(height) / bounds.height))
  return {
    x: (width - bounds.width * zoom) / 2 - bounds.x * zoom,
    y: (height - bounds.height * zoom) / 2 - bounds.y * zoom,
    zoom,
  }
}

export interface CanvasHandle {
  fit(): void
  zoom(step: number): void
  /** To 100 %, around the middle. */
  resetZoom(): void
  /** Bring a node into view if it is not. */
  show(id: string): void
  /** Upper left corner for a new node: under the pointer if it is over the canvas, else in the middle. */
  place(): Position
  /** Where a place of the document is in the window, px. */
  toScreen(at: Position): { x: number; y: number }
}

interface Target {
  ref: Ref<CanvasHandle> | undefined
  /** Where everything stands, by its name on the canvas. */
  getPlaces(): Readonly<Record<string, Position>>
  getGraphs(): readonly OpenGraph[]
  /** The graph that is worked in: names and places of the handle are those of it. */
  active: string
  /** Another graph is worked in from now on. */
  enter(key: string): void
  /** How large the first view draws. */
  firstZoom: number
}

const eased = () => (prefersStill() ? undefined : { duration: 160 })
const MARGIN = 24

/** How far to move, so that what begins at `start` lies inside: nothing when it does already. */
function inside(start: number, size: number, room: number): number {
  if (start < MARGIN) return MARGIN - start
  return start + size > room - MARGIN ? room - MARGIN - start - size : 0
}

/** Moves of the view by program, and whether the picture is far enough away for the bitmap. */
export function useViewport({ ref, getPlaces, getGraphs, active, enter, firstZoom }: Target) {
  const flow = useReactFlow()
  const store = useStoreApi()
  const zoomedOut = useStore((state) => state.transform[2] < FAR_ZOOM)
  const small = useStore((state) => state.transform[2] < SMALL_ZOOM)
  // React Flow hears of its first view after it has mounted: until then it would show every node at its full size.
  const [forced, setForced] = useState(firstZoom < FAR_ZOOM)
  useEffect(() => {
    const frame = requestAnimationFrame(() => setForced(false))
    return () => cancelAnimationFrame(frame)
  }, [])
  const pointer = useRef<Position | null>(null)

  const goTo = useCallback(
    (viewport: Viewport) => {
      // Flipped before the jump, or React Flow mounts every node for one frame.
      if (viewport.zoom < FAR_ZOOM) flushSync(() => setForced(true))
      const near = viewport.zoom >= FAR_ZOOM && store.getState().transform[2] >= FAR_ZOOM
      void flow.setViewport(viewport, near ? eased() : undefined).then(() => setForced(false))
    },
    [flow, store],
  )

  const zoomTo = useCallback(
    (wish: number) => {
      const { transform, width, height } = store.getState()
      const zoom = Math.max(MIN_ZOOM, Math.min(MAX_ZOOM, wish))
      const ratio = zoom / transform[2]
      goTo({
        x: width / 2 - (width / 2 - transform[0]) * ratio,
        y: height / 2 - (height / 2 - transform[1]) * ratio,
        zoom,
      })
    },
    [goTo, store],
  )

  const named = useCallback((key: string) => getGraphs().find((graph) => graph.key === key), [getGraphs])

  useImperativeHandle(
    ref,
    () => ({
      fit() {
        const { width, height } = store.getState()
        goTo(viewportFor(boundsOfGraphs(getGraphs()), width, height))
      },
      zoom: (step) => zoomTo(store.getState().transform[2] * step),
      resetZoom: () => zoomTo(1),
      show(id) {
        const place = getPlaces()[join(active, id)]
        const { transform, domNode } = store.getState()
        const box = domNode?.getBoundingClientRect()
        if (!place || !box) return
        const zoom = transform[2] < FAR_ZOOM ? 1 : transform[2]
        if (zoom !== transform[2]) {
          const [x, y] = [place[0] + NODE_WIDTH / 2, place[1] + NODE_HEIGHT / 2]
          goTo({ x: box.width / 2 - x * zoom, y: box.height / 2 - y * zoom, zoom })
          return
        }
        const x = inside(place[0] * zoom + transform[0], NODE_WIDTH * zoom, box.width)
        const y = inside(place[1] * zoom + transform[1], NODE_HEIGHT * zoom, box.height)
        if (x !== 0 || y !== 0) goTo({ x: transform[0] + x, y: transform[1] + y, zoom })
      },
      place() {
        const { domNode } = store.getState()
        const box = domNode?.getBoundingClientRect() ?? { left: 0, top: 0, width: 0, height: 0 }
        const [x, y] = pointer.current ?? [box.left + box.width / 2, box.top + box.height / 2]
        const at = flow.screenToFlowPosition({ x, y })
        // Over another frame, or beside it, it is that graph the pointer means.
        const graph = pointer.current ? graphAt(getGraphs(), [at.x, at.y]) : named(active)
        if (graph && graph.key !== active) enter(graph.key)
        const corner: Position = [at.x - NODE_WIDTH / 2, at.y - NODE_HEIGHT / 2]
        return graph ? toGraph(graph, corner) : corner
      },
      toScreen(at) {
        const graph = named(active)
        const [x, y] = graph ? toCanvas(graph, at) : at
        return flow.flowToScreenPosition({ x, y })
      },
    }),
    [flow, getPlaces, getGraphs, named, active, enter, goTo, zoomTo, store],
  )
  const follow = useCallback((at: Position | null) => {
    pointer.current = at
  }, [])
  return { far: zoomedOut || forced, small, follow }
}

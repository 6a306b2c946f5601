import { useReactFlow, useStore } from '@xyflow/react'
import { type PointerEvent, useEffect, useMemo, useRef } from 'react'
import { words } from '~/i18n'
import { boundsOfGraphs } from '~/model/frames'
import classes from './Canvas.module.css'
import { draw, type Picture, prepare } from './picture'
import { useFrames } from './useFrames'

const [WIDTH, HEIGHT, MARGIN] = [176, 112, 8]

/** Shown while some of the graph is out of sight. */
export function Minimap({ picture }: { picture: Picture }) {
  const bounds = useMemo(() => boundsOfGraphs(picture.graphs), [picture.graphs])
  const inSight = useStore(({ transform: [x, y, zoom], width, height }) => {
    if (!bounds) return true
    const [left, top] = [bounds.x * zoom + x, bounds.y * zoom + y]
    return (
      left >= 0 && top >= 0 && left + bounds.width * zoom <= width && top + bounds.height * zoom <= height
    )
  })
  return inSight ? null : <Overview picture={picture} />
}

/** The whole graph in a corner; drag in it to move the view. One bitmap, whatever the number of nodes. */
function Overview({ picture }: { picture: Picture }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const flow = useReactFlow()
  const transform = useStore((state) => state.transform)
  const width = useStore((state) => state.width)
  const height = useStore((state) => state.height)

  const frame = () => {
    const bounds = boundsOfGraphs(picture.graphs) ?? { x: 0, y: 0, width: 1, height: 1 }
    const scale = Math.min((WIDTH - 2 * MARGIN) / bounds.width, (HEIGHT - 2 * MARGIN) / bounds.height, 0.2)
    return {
      scale,
      x: (WIDTH - bounds.width * scale) / 2 - bounds.x * scale,
      y: (HEIGHT - bounds.height * scale) / 2 - bounds.y * scale,
    }
  }
  const request = useFrames(() => {
    const context = canvas.current && prepare(canvas.current, WIDTH, HEIGHT)
    if (!context) return
    const { scale, x, y } = frame()
    draw(context, picture, { x, y, zoom: scale, width: WIDTH, height: HEIGHT }, false)
    const [panX, panY, zoom] = transform
    context.strokeStyle = getComputedStyle(context.canvas).getPropertyValue('--cm-accent')
    context.lineWidth = 1.5
    context.strokeRect(
      (-panX / zoom) * scale + x,
      (-panY / zoom) * scale + y,
      (width / zoom) * scale,
      (height / zoom) * scale,
    )
  })
  useEffect(() => {
    const leave = [...picture.statuses.values()].map((status) => status.subscribeAll(request))
    return () => {
      for (const stop of leave) stop()
    }
  }, [picture.statuses, request])

  const go = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.buttons !== 1) return
    event.currentTarget.setPointerCapture(event.pointerId)
    const box = event.currentTarget.getBoundingClientRect()
    const { scale, x, y } = frame()
    const [centreX, centreY] = [(event.clientX - box.left - x) / scale, (event.clientY - box.top - y) / scale]
    void flow.setCenter(centreX, centreY, { zoom: transform[2] })
  }
  return (
    <canvas
      ref={canvas}
      className={classes.minimap}
      style={{ width: WIDTH, height: HEIGHT }}
      aria-label={words.editor.minimap}
      role="img"
      onPointerDown={go}
      onPointerMove={go}
    />
  )
}

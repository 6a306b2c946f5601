import type { NodeChange, NodePositionChange } from '@xyflow/react'
import { useReactFlow, useStoreApi } from '@xyflow/react'
import { useMemo, useRef } from 'react'
import { type Box, cardAt, guide } from '~/model/arrange'
import type { Edge } from '~/model/edges'
import { snap } from '~/model/edits'
import { keyOf, nameOfEdge } from '~/model/frames'
import { boundsOf } from '~/model/layout'
import { groupId } from '~/model/notes'
import type { Position } from '~/model/workflow'
import type { CanvasScene } from './context'
import { aimAt, endDragging, showGuides } from './dragging'
import { edgeFor, insertable } from './dropInto'
import { NODE_HEIGHT, NODE_WIDTH } from './geometry'
import { preferences } from './preferences'
import { type CanvasNode, type FlowNode, isCard } from './toFlow'

/** How near a line must be to hold a dragged card, px of the window. */
const REACH = 6

const isMove = (
  change: NodeChange<CanvasNode>,
): change is NodePositionChange & { position: { x: number; y: number } } =>
  change.type === 'position' && change.position !== undefined

/** Where dragged cards come to stand: in line with others, else on the grid; and the wire they'd be put into. */
export function useDragging(scene: CanvasScene) {
  const flow = useReactFlow()
  const store = useStoreApi()
  const probe = useRef(0)
  return useMemo(() => {
    /** Cards on screen that are not dragged: only what one sees is a line to keep to. */
    const around = (gone: ReadonlySet<string>): Box[] => {
      const { transform, width, height, nodes } = store.getState()
      const [left, top] = [-transform[0] / transform[2], -transform[1] / transform[2]]
      const [right, bottom] = [left + width / transform[2], top + height / transform[2]]
      return nodes.flatMap(({ id, type, position: { x, y } }) => {
        if (type !== 'workflow') return []
        const seen = x < right && x + NODE_WIDTH > left && y < bottom && y + NODE_HEIGHT > top
        return seen && !gone.has(id) ? [cardAt([x, y])] : []
      })
    }

    /** The changes of a drag, each moved by as much as brings the dragged cards into line. */
    const settle = (changes: readonly NodeChange<CanvasNode>[]): NodeChange<CanvasNode>[] => {
      // A frame goes with its nodes.
      const moves = changes.filter(isMove).filter(({ id }) => groupId(id) === null)
      const bounds = boundsOf(moves.map(({ position: { x, y } }): Position => [x, y]))
      if (!bounds) return [...changes]
      const { snap: onGrid, guides: withGuides } = preferences()
      const zoom = store.getState().transform[2]
      const { dx, dy, guides } = withGuides
        ? guide(bounds, around(new Set(moves.map(({ id }) => id))), REACH / zoom)
        : { dx: 0, dy: 0, guides: [] }
      showGuides(scene.dragging, moves.some((move) => move.dragging) ? guides : [])
      const held = (axis: 'x' | 'y') => guides.some((line) => line.axis === axis)
      const by = {
        x: held('x') ? dx : onGrid ? snap(bounds.x) - bounds.x : 0,
        y: held('y') ? dy : onGrid ? snap(bounds.y) - bounds.y : 0,
      }
      return changes.map((change) =>
        isMove(change)
          ? {
              ...change,
              position: {
                x: Math.round(change.position.x + by.x),
                y: Math.round(change.position.y + by.y),
              },
            }
          : change,
      )
    }

    const edgeUnder = (node: FlowNode): Edge | null => {
      const type = insertable(scene, node.id)
      if (!type) return null
      const middle = flow.flowToScreenPosition({
        x: node.position.x + NODE_WIDTH / 2,
        y: node.position.y + NODE_HEIGHT / 2,
      })
      return edgeFor(scene, type, middle, store.getState().transform[2], keyOf(node.id))
    }
    const lone = (nodes: readonly FlowNode[]) => (nodes.length === 1 ? nodes[0] : undefined)

    return {
      settle,
      onNodeDrag: (_: unknown, __: unknown, dragged: CanvasNode[]) => {
        const node = lone(dragged.filter(isCard))
        // Once a frame, however often the pointer reports.
        if (!node || probe.current) return
        probe.current = requestAnimationFrame(() => {
          probe.current = 0
          const edge = edgeUnder(node)
          aimAt(scene.dragging, edge && nameOfEdge(edge))
        })
      },
      /** The edge that the dropped card is put into; the drag is over. */
      end: (dragged: readonly FlowNode[]): Edge | undefined => {
        cancelAnimationFrame(probe.current)
        probe.current = 0
        const node = lone(dragged)
        const edge = node ? edgeUnder(node) : null
        endDragging(scene.dragging)
        return edge ?? undefined
      },
    }
  }, [flow, store, scene])
}

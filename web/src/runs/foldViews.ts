import type { RunEvent } from '~/api/types'
import { foldNode, type NodeRunView, PENDING, retriedNodes } from './fold'

/** The views of all nodes of a run by their ids. */
export type Views = Map<string, NodeRunView>

/** Fold one event into `views`, which is changed; gives the ids of the nodes that look different now. */
export function foldInto(views: Views, event: RunEvent): string[] {
  const touched = retriedNodes(event)
  for (const id of touched) views.set(id, { ...PENDING, attempt: views.get(id)?.attempt ?? 0 })
  if (event.kind === 'execution.interrupted') touched.push(...interrupt(views))
  if (!event.node) return touched
  const before = views.get(event.node) ?? PENDING
  const after = foldNode(before, event)
  if (after === before) return touched
  views.set(event.node, after)
  touched.push(event.node)
  return touched
}

/** No event tells of an attempt that was cut off: the run's own end does. */
export function interrupt(views: Views): string[] {
  const lost = [...views].filter(([, view]) => view.status === 'running')
  for (const [id, view] of lost) views.set(id, { ...view, status: 'interrupted' })
  return lost.map(([id]) => id)
}

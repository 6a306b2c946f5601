/** Wires on a canvas with several graphs: they stay within one. Names are those of the canvas. */

import { words } from '~/i18n'
import type { Edge } from '~/model/edges'
import { join, keyOf, type OpenGraph, ownEdge, ownOf } from '~/model/frames'
import type { WorkflowDocument } from '~/model/workflow'
import type { CanvasScene } from './context'
import { edgeTo, nameNewPort, refusal, type WireEnd, whyNot } from './wiring'

type Scene = Pick<CanvasScene, 'types' | 'getGraphs'>

/** The graph of a thing on the canvas. */
export function documentOf(scene: Scene, name: string): WorkflowDocument | undefined {
  const key = keyOf(name)
  return graphOf(scene, key)?.document
}

const graphOf = (scene: Scene, key: string): OpenGraph | undefined =>
  scene.getGraphs().find((graph) => graph.key === key)

const onCanvas = (key: string, edge: Edge): Edge => ({
  ...edge,
  source: join(key, edge.source),
  target: join(key, edge.target),
})

/** Null when the wire may be drawn, else why not. */
export function refusalOf(scene: Scene, edge: Edge): string | null {
  const document = documentOf(scene, edge.source)
  if (keyOf(edge.source) !== keyOf(edge.target) || !document) return words.editor.wire.acrossFrame
  return refusal(document, scene.types, ownEdge(edge))
}

/** The wire that a drag makes when it ends on a card and not on one of its ports; null when it may not. */
export function edgeOnCard(scene: Scene, from: WireEnd, card: string): Edge | null {
  const key = keyOf(from.node)
  const document = documentOf(scene, from.node)
  if (keyOf(card) !== key || !document) return null
  const edge = edgeTo(document, scene.types, { ...from, node: ownOf(from.node) }, ownOf(card))
  if (!edge || refusal(document, scene.types, edge) !== null) return null
  return onCanvas(key, nameNewPort(document, edge))
}

export function portNamed(scene: Scene, edge: Edge): Edge {
  const document = documentOf(scene, edge.source)
  return document ? onCanvas(keyOf(edge.source), nameNewPort(document, ownEdge(edge))) : edge
}

/** Null when a drag may end on this card, else why not, in words. */
export function whyNotOn(scene: Scene, from: WireEnd, card: string): string | null {
  const document = documentOf(scene, from.node)
  if (keyOf(card) !== keyOf(from.node) || !document) return words.editor.wire.acrossFrame
  return whyNot(document, scene.types, { ...from, node: ownOf(from.node) }, ownOf(card))
}

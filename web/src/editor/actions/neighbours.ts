import { words } from '~/i18n'
import { edgeIndex } from '~/model/edgeIndex'
import type { WorkflowDocument } from '~/model/workflow'
import type { Action } from '../action'
import { select } from '../state'

/** Nodes in the order in which they can run, ties and circles as the document has them. */
export function runningOrder({ nodes, edges }: WorkflowDocument): string[] {
  const { incoming, outgoing } = edgeIndex(edges)
  const names = Object.keys(nodes)
  const waiting = new Map(names.map((name) => [name, incoming.get(name)?.length ?? 0]))
  const order = names.filter((name) => waiting.get(name) === 0)
  for (let at = 0; at < order.length; at += 1) {
    for (const { target } of outgoing.get(order[at] ?? '') ?? []) {
      const left = (waiting.get(target) ?? 0) - 1
      waiting.set(target, left)
      if (left === 0 && target in nodes) order.push(target)
    }
  }
  const reached = new Set(order)
  return [...order, ...names.filter((name) => !reached.has(name))]
}

function neighbour(id: string, label: string, key: string, step: 1 | -1): Action {
  return {
    id,
    label,
    shortcuts: [key],
    listed: true,
    everywhere: true,
    undoable: false,
    enabled: (state) => Object.keys(state.document.nodes).length > 0,
    perform(state) {
      const order = runningOrder(state.document)
      const current = order.indexOf(state.selection.nodes.at(-1) ?? '')
      const next = current < 0 ? order[0] : order[(current + step + order.length) % order.length]
      return next === undefined ? state : select(state, [next])
    },
    effect: ({ services, after }) => {
      const [shown] = after.selection.nodes
      if (shown) services.show(shown)
    },
  }
}

const t = words.editor.inspector

export const previousNode = neighbour('node.previous', t.previousNode, 'alt+pageup', -1)
export const nextNode = neighbour('node.next', t.nextNode, 'alt+pagedown', 1)

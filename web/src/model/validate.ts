/** Instant checks of the wiring while one draws. The full list comes from the server a moment later. */

import { type BodyPath, bodyPointer, openBody } from './bodies'
import { edgeIndex } from './edgeIndex'
import { DEFAULT_PORT, parseEdge } from './edges'
import { pointerOf } from './json'
import { findType, type NodeTypes } from './nodeType'
import { nodeTypeOf, refuseWire } from './ports'
import { undoneBy } from './undo'
import { NODE_ID, type Problem, typeId, type WorkflowDocument } from './workflow'

/** Of the graph and of every body in it. */
export function validateWiring(document: WorkflowDocument, types: NodeTypes, path: BodyPath = []): Problem[] {
  const prefix = bodyPointer(path)
  const own = graphProblems(document, types, path.length > 0)
  const moved =
    prefix === '' ? own : own.map((problem) => ({ ...problem, pointer: prefix + problem.pointer }))
  const inner = Object.entries(document.nodes).flatMap(([id, node]) =>
    node.body ? validateWiring(openBody(document, [id]), types, [...path, id]) : [],
  )
  return inner.length === 0 ? moved : [...moved, ...inner]
}

/**
 * Do both have the same problems of wiring? True only when nothing differs but settings that no wire depends on, and
 * then quickly, so that not every key pressed in a form goes through the whole graph.
 */
export function sameWiring(before: WorkflowDocument, after: WorkflowDocument, types: NodeTypes): boolean {
  if (before.edges !== after.edges) return false
  if (before.nodes === after.nodes) return true
  const ids = Object.keys(after.nodes)
  if (ids.length !== Object.keys(before.nodes).length) return false
  return ids.every((id) => {
    const [left, right] = [before.nodes[id], after.nodes[id]]
    if (left === right) return true
    if (!left || !right || left.type !== right.type || left.body !== right.body) return false
    if (left.policy !== right.policy) return false
    return left.config === right.config || !findType(types, right.type)?.dynamic_outlets
  })
}

function graphProblems(document: WorkflowDocument, types: NodeTypes, inBody: boolean): Problem[] {
  return [
    ...nodeProblems(document, types),
    ...document.edges.flatMap((text, index) => edgeProblems(document, types, text, index)),
    ...cycleProblems(document),
    ...missingInputs(document, types, inBody),
  ]
}

function error(code: string, pointer: string, message: string, fix: string | null = null): Problem {
  return { code, pointer, severity: 'error', message, fix }
}

function nodeProblems(document: WorkflowDocument, types: NodeTypes): Problem[] {
  return Object.entries(document.nodes).flatMap(([id, node]) => {
    if (!NODE_ID.test(id)) {
      return [
        error('node.id', pointerOf('nodes', id), `"${id}" is not a node id`, 'Use letters, digits and _'),
      ]
    }
    if (types.size > 0 && !types.has(typeId(node.type))) {
      const message = `There is no node type "${typeId(node.type)}"`
      return [
        error('node.unknown_type', pointerOf('nodes', id, 'type'), message, 'Choose a type of the palette'),
      ]
    }
    return []
  })
}

function edgeProblems(document: WorkflowDocument, types: NodeTypes, text: string, index: number): Problem[] {
  const pointer = pointerOf('edges', index)
  const edge = parseEdge(text)
  if (!edge) return [error('edge.syntax', pointer, `"${text}" is not an edge`, 'Write "source -> target"')]
  for (const id of [edge.source, edge.target]) {
    if (!(id in document.nodes)) {
      return [
        error(
          'edge.dangling',
          pointer,
          `The edge "${text}" names "${id}", which does not exist`,
          'Remove the edge',
        ),
      ]
    }
  }
  const refusal = refuseWire(document, types, edge)
  return refusal ? [error(refusal.code, pointer, refusal.reason)] : []
}

/** One problem for each edge that closes a circle (found depth first, in document order). */
function cycleProblems(document: WorkflowDocument): Problem[] {
  const { outgoing } = edgeIndex(document.edges)
  const done = new Set<string>()
  const open = new Set<string>()
  const problems: Problem[] = []
  for (const root of outgoing.keys()) {
    if (done.has(root)) continue
    // Iterative, so that a chain of 10,000 nodes does not exhaust the stack.
    const stack = [{ id: root, next: 0 }]
    open.add(root)
    while (stack.length > 0) {
      const top = stack[stack.length - 1]
      if (!top) break
      const edge = outgoing.get(top.id)?.[top.next]
      top.next += 1
      if (!edge) {
        open.delete(top.id)
        done.add(top.id)
        stack.pop()
      } else if (open.has(edge.target)) {
        const message = `The edge ${edge.source} -> ${edge.target} closes a circle`
        problems.push(
          error('edge.cycle', pointerOf('edges', edge.index), message, 'Remove one edge of the circle'),
        )
      } else if (!done.has(edge.target)) {
        open.add(edge.target)
        stack.push({ id: edge.target, next: 0 })
      }
    }
  }
  return problems
}

/** The first nodes of a body get the item on their main port, those that undo others what these gave. */
function missingInputs(document: WorkflowDocument, types: NodeTypes, inBody: boolean): Problem[] {
  const wired = new Set<string>()
  const { incoming } = edgeIndex(document.edges)
  const undoing = undoneBy(document.nodes)
  for (const text of document.edges) {
    const edge = parseEdge(text)
    if (edge) wired.add(`${edge.target}.${edge.port}`)
  }
  return Object.keys(document.nodes).flatMap((id) => {
    const type = nodeTypeOf(document, types, id)
    if (!type) return []
    return type.ports
      .filter((port) => port.required && !port.implicit && !wired.has(`${id}.${port.name}`))
      .filter((port) => !((inBody || undoing.has(id)) && port.name === DEFAULT_PORT && !incoming.has(id)))
      .map((port) =>
        error(
          'port.unwired',
          pointerOf('nodes', id),
          `Port "${port.name}" of ${id} needs an input`,
          'Draw an edge to it from the node that makes the data',
        ),
      )
  })
}

/** Of two lists, everything once; the first wins where both speak of one place with one code. */
export function mergeProblems(first: readonly Problem[], second: readonly Problem[]): Problem[] {
  const seen = new Set(first.map((problem) => `${problem.pointer} ${problem.code}`))
  return [...first, ...second.filter((problem) => !seen.has(`${problem.pointer} ${problem.code}`))]
}

/** The node a problem belongs to: by pointer, for an edge its target. */
export function problemNode(document: WorkflowDocument, problem: Problem): string | null {
  const [root, key] = problem.pointer.split('/').slice(1)
  if (root === 'nodes' || root === 'layout') return key !== undefined && key in document.nodes ? key : null
  if (root === 'edges' && key !== undefined) {
    const edge = parseEdge(document.edges[Number(key)] ?? '')
    if (!edge) return null
    return edge.target in document.nodes ? edge.target : edge.source in document.nodes ? edge.source : null
  }
  return null
}

/**
 * Chosen nodes made into a workflow of their own, called by one node in their place.
 *
 * A call passes JSON and has one outlet. So what goes over the border must be JSON, and nothing that decides about runs
 * may cross it: branches, errors, undo. What is read of a node on the other side becomes an input, or an output; where a
 * wire carried it, a node that only holds the value takes its place.
 */

import {
  type Border,
  borderOf,
  carries,
  type Refusal,
  referencesOfNode,
  refusalOf,
  unsureOf,
} from './collapseBorder'
import { DEFAULT_OUTLET, DEFAULT_PORT } from './edges'
import { addNode, connect, freshId, removeNodes } from './edits'
import { type JsonObject, mapStrings } from './json'
import { boundsOf, positionsOf, withPlaces } from './layout'
import { findType, type NodeTypes } from './nodeType'
import { followed, referencesIn, replaceNode } from './rename'
import { nodeTitle, type Position, type WorkflowDocument, type WorkflowNode } from './workflow'

export type { Refusal }

export interface Collapsed {
  /** The new workflow. */
  workflow: WorkflowDocument
  /** The graph with the call in place of the nodes. */
  document: WorkflowDocument
  call: string
  /** Names of what the new workflow is given, and of what it gives. */
  inputs: string[]
  outputs: string[]
  /** Titles of nodes of which nobody can say beforehand that they give JSON. */
  unsure: string[]
}

interface Wish {
  name: string
  title: string
  /** The container whose body the graph is. */
  container?: WorkflowNode | undefined
  /** Ids that are used elsewhere in the whole workflow. */
  taken?: ReadonlySet<string>
}

const COLUMN = 280
const ROW = 96

/** The new workflow and the graph that calls it, or why it cannot be. */
export function collapse(
  document: WorkflowDocument,
  types: NodeTypes,
  ids: readonly string[],
  wish: Wish,
): Collapsed | Refusal {
  const border = borderOf(document, ids)
  const refusal = refusalOf(document, types, border, wish.container)
  if (refusal) return refusal
  const inputs = inputsOf(document, types, border)
  const outputs = outputsOf(document, types, border)
  return {
    workflow: insideOf(document, types, border, inputs, outputs, wish),
    ...outsideOf(document, types, border, inputs, outputs, wish),
    inputs: [...inputs.nodes.values(), ...inputs.own],
    outputs: [...outputs],
    unsure: unsureOf(document, types, border),
  }
}

export const isRefusal = (made: Collapsed | Refusal): made is Refusal => 'why' in made

interface Inputs {
  /** The input of each node outside that is read inside. */
  nodes: Map<string, string>
  /** Inputs of the workflow that are read inside. */
  own: string[]
  vars: boolean
}

function inputsOf(document: WorkflowDocument, types: NodeTypes, { chosen, entries }: Border): Inputs {
  const references = [...chosen].flatMap((id) => referencesOfNode(document.nodes[id]))
  const own = unique(references.flatMap(({ root, name }) => (root === 'inputs' && name ? [name] : [])))
  const inside = new Set([...chosen].flatMap((id) => namesIn(document.nodes[id], id)))
  const read = references.flatMap(({ root, name }) =>
    root === 'nodes' && name && !inside.has(name) ? [name] : [],
  )
  const wired = entries.filter((edge) => carries(document, types, edge)).map(({ source }) => source)
  const nodes = new Map<string, string>()
  for (const id of unique([...wired, ...read]))
    nodes.set(id, freshId(new Set([...own, ...nodes.values()]), id))
  return { nodes, own, vars: references.some(({ root }) => root === 'vars') }
}

/** A node and all inside of it. */
function namesIn(node: WorkflowNode | undefined, id: string): string[] {
  return [id, ...Object.entries(node?.body?.nodes ?? {}).flatMap(([name, inner]) => namesIn(inner, name))]
}

/** The nodes inside that are read outside: by a wire that carries a value, or in an expression. */
function outputsOf(document: WorkflowDocument, types: NodeTypes, { chosen, exits }: Border): Set<string> {
  const outputs = new Set(exits.filter((edge) => carries(document, types, edge)).map(({ source }) => source))
  const outside = Object.entries(document.nodes).filter(([id]) => !chosen.has(id))
  const references = [
    ...outside.flatMap(([, node]) => referencesOfNode(node)),
    ...referencesIn(document.outputs ?? null),
  ]
  for (const { root, name } of references) if (root === 'nodes' && name && chosen.has(name)) outputs.add(name)
  return outputs
}

function holder(types: NodeTypes, value: string, title: string): WorkflowNode {
  const type = findType(types, 'data.set')
  return { type: type ? `${type.id}@${type.version}` : 'data.set', title, config: { value } }
}

function insideOf(
  document: WorkflowDocument,
  types: NodeTypes,
  { chosen, entries, inner }: Border,
  { nodes: given, own, vars }: Inputs,
  outputs: ReadonlySet<string>,
  { name, title }: Wish,
): WorkflowDocument {
  const places = positionsOf(document)
  const corner = cornerOf(chosen, places)
  const inputOf = (text: string) =>
    [...given].reduce((next, [id, input]) => replaceNode(next, id, `inputs.${input}`), text)
  let made: WorkflowDocument = { concertmaster: 1, name, title, nodes: {}, edges: [] }
  const wired = entries.filter((edge) => carries(document, types, edge))
  for (const [row, id] of unique(wired.map(({ source }) => source)).entries()) {
    const value = `{{ inputs.${given.get(id)} }}`
    made = addNode(made, id, holder(types, value, nodeTitle(id, document.nodes[id])), [-COLUMN, row * ROW])
  }
  for (const id of chosen) {
    const node = document.nodes[id]
    const [x, y] = places[id] ?? [0, 0]
    if (node) made = addNode(made, id, followed(node, inputOf), [x - corner[0], y - corner[1]])
  }
  for (const edge of inner) made = connect(made, edge)
  for (const edge of wired) made = connect(made, { ...edge, outlet: DEFAULT_OUTLET })
  const inputs: Record<string, JsonObject> = {}
  for (const input of own) inputs[input] = document.inputs?.[input] ?? {}
  for (const [id, input] of given) inputs[input] = { title: nodeTitle(id, document.nodes[id]) }
  if (Object.keys(inputs).length > 0) made.inputs = inputs
  if (vars && document.vars) made.vars = document.vars
  if (outputs.size > 0) made.outputs = Object.fromEntries([...outputs].map((id) => [id, `{{ nodes.${id} }}`]))
  return made
}

function cornerOf(ids: Iterable<string>, places: Readonly<Record<string, Position>>): Position {
  const bounds = boundsOf([...ids].flatMap((id) => (places[id] ? [places[id]] : [])))
  return bounds ? [bounds.x, bounds.y] : [0, 0]
}

function outsideOf(
  document: WorkflowDocument,
  types: NodeTypes,
  { chosen, entries, exits }: Border,
  { nodes: given, own }: Inputs,
  outputs: ReadonlySet<string>,
  { name, title, taken = new Set() }: Wish,
): { document: WorkflowDocument; call: string } {
  const placed = withPlaces(document)
  const at = cornerOf(chosen, positionsOf(placed))
  const left = removeNodes(placed, [...chosen])
  const used = new Set([...Object.keys(left.nodes), ...taken])
  for (const id of chosen) used.delete(id)
  const call = freshId(used, name.replaceAll('-', '_'))
  used.add(call)
  const read = (text: string) =>
    [...outputs].reduce((next, id) => replaceNode(next, id, `nodes.${call}.${id}`), text)
  let next: WorkflowDocument = {
    ...left,
    nodes: Object.fromEntries(Object.entries(left.nodes).map(([id, node]) => [id, followed(node, read)])),
  }
  if (next.outputs) next.outputs = mapStrings<JsonObject>(next.outputs, read)
  const inputs = Object.fromEntries([
    ...own.map((input) => [input, `{{ inputs.${input} }}`]),
    ...[...given].map(([id, input]) => [input, `{{ nodes.${id} }}`]),
  ])
  const type = findType(types, 'flow.call')
  const config: JsonObject = Object.keys(inputs).length > 0 ? { workflow: name, inputs } : { workflow: name }
  next = addNode(next, call, { type: type ? `${type.id}@${type.version}` : 'flow.call', title, config }, at)
  for (const { source, outlet } of entries)
    next = connect(next, { source, outlet, target: call, port: DEFAULT_PORT })
  const takers = new Map<string, string>()
  for (const edge of exits) {
    if (!carries(document, types, edge)) {
      next = connect(next, { ...edge, source: call, outlet: DEFAULT_OUTLET })
      continue
    }
    const taker = takers.get(edge.source) ?? freshId(used, edge.source)
    if (!takers.has(edge.source)) {
      const node = holder(
        types,
        `{{ nodes.${call}.${edge.source} }}`,
        nodeTitle(edge.source, document.nodes[edge.source]),
      )
      next = addNode(next, taker, node, [at[0] + COLUMN, at[1] + takers.size * ROW])
      next = connect(next, { source: call, outlet: DEFAULT_OUTLET, target: taker, port: DEFAULT_PORT })
      takers.set(edge.source, taker)
      used.add(taker)
    }
    next = connect(next, { ...edge, source: taker, outlet: DEFAULT_OUTLET })
  }
  return { document: next, call }
}

const unique = <T>(all: readonly T[]): T[] => [...new Set(all)]

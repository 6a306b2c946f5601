/** Which outlet fits which port, and why not. */

import { edgeIndex } from './edgeIndex'
import { DEFAULT_OUTLET, DEFAULT_PORT, type Edge, ERROR_OUTLET } from './edges'
import { isObject, type JsonObject } from './json'
import { findType, type NodeType, type NodeTypes, type Outlet, type Port, type PortType } from './nodeType'
import type { WorkflowDocument } from './workflow'

export const ANY: PortType = { kind: 'any' }
const ERROR_TYPE: PortType = { kind: 'json', schema: { type: 'object' } }
/** Pass-through chains longer than this are not followed: their type is `any`. */
const PASS_DEPTH = 64

const KIND_WORDS: Record<PortType['kind'], string> = {
  table: 'a table',
  file: 'a file',
  json: 'JSON',
  any: 'anything',
}

export function describeType(type: PortType): string {
  const names = type.kind === 'json' ? jsonTypes(type.schema) : null
  const words = names ? `JSON (${[...names].join(' or ')})` : KIND_WORDS[type.kind]
  return type.many ? `any number of inputs, each ${words}` : words
}

function jsonTypes(schema: JsonObject | null | undefined): ReadonlySet<string> | null {
  if (!isObject(schema)) return null
  if (typeof schema.type === 'string') return new Set([schema.type])
  if (Array.isArray(schema.type)) return new Set(schema.type.map(String))
  const branches = schema.anyOf ?? schema.oneOf
  if (!Array.isArray(branches)) return null
  const names = new Set<string>()
  for (const branch of branches) {
    const inner = isObject(branch) ? jsonTypes(branch) : null
    if (!inner) return null
    for (const name of inner) names.add(name)
  }
  return names
}

/** A wire fits when the kinds are equal or one side is `any`; two JSON schemas must share a type. */
export function fits(from: PortType, to: PortType): boolean {
  if (from.kind === 'any' || to.kind === 'any') return true
  if (from.kind !== to.kind) return false
  if (from.kind !== 'json') return true
  const [left, right] = [jsonTypes(from.schema), jsonTypes(to.schema)]
  if (!left || !right) return true
  if (left.has('integer') && right.has('number')) return true
  return [...left].some((name) => right.has(name))
}

export function portOf(type: NodeType, name: string): Port | null {
  const declared = type.ports.find((port) => port.name === name)
  if (declared) return declared
  if (type.any_port) return { name, type: type.any_port_type ?? ANY, required: false }
  return null
}

/** The outlets of a node: those its settings name first, then the declared ones. */
export function outletsOf(type: NodeType, config: JsonObject | undefined): readonly Outlet[] {
  const named = type.dynamic_outlets ? config?.[type.dynamic_outlets] : undefined
  if (!isObject(named)) return type.outlets
  const made = Object.keys(named).map((name): Outlet => ({ name, type: ANY, passthrough: true }))
  return [...made, ...type.outlets.filter((outlet) => !(outlet.name in named))]
}

/** The outlet of that name, or the `error` outlet that every node has. */
export function outletOf(type: NodeType, name: string, config?: JsonObject): Outlet | null {
  const found = outletsOf(type, config).find((outlet) => outlet.name === name)
  if (found) return found
  return name === ERROR_OUTLET ? { name, type: ERROR_TYPE } : null
}

export function nodeTypeOf(document: WorkflowDocument, types: NodeTypes, id: string): NodeType | null {
  const node = document.nodes[id]
  return node ? findType(types, node.type) : null
}

/** The type that leaves `id.outlet`, followed through nodes that pass their input on. */
export function outletType(
  document: WorkflowDocument,
  types: NodeTypes,
  id: string,
  outlet: string,
  depth = 0,
): PortType {
  const type = nodeTypeOf(document, types, id)
  const declared = type && outletOf(type, outlet, document.nodes[id]?.config)
  if (!declared) return ANY
  if (!declared.passthrough || depth > PASS_DEPTH) return declared.type
  const wire = edgeIndex(document.edges)
    .incoming.get(id)
    ?.find((edge) => edge.port === DEFAULT_PORT)
  if (wire) return outletType(document, types, wire.source, wire.outlet, depth + 1)
  return declared.type
}

export interface Refusal {
  code: string
  reason: string
}

/** Null when the wire is possible; else why not, in words for the person who drags it. Cycles are checked apart. */
export function refuseWire(document: WorkflowDocument, types: NodeTypes, edge: Edge): Refusal | null {
  const [source, target] = [
    nodeTypeOf(document, types, edge.source),
    nodeTypeOf(document, types, edge.target),
  ]
  if (!source || !target) return null
  const outlet = outletOf(source, edge.outlet, document.nodes[edge.source]?.config)
  const port = portOf(target, edge.port)
  if (!outlet) return { code: 'edge.unknown_outlet', reason: `${edge.source} has no outlet "${edge.outlet}"` }
  if (!port) return { code: 'edge.unknown_port', reason: `${edge.target} has no port "${edge.port}"` }
  if (port.implicit) return null
  const given = outletType(document, types, edge.source, edge.outlet)
  if (fits(given, port.type)) return null
  return {
    code: 'edge.type',
    reason: `${edge.target} needs ${describeType(port.type)}, ${edge.source} gives ${describeType(given)}`,
  }
}

/** The first port of a type that takes a value of `given`, required and visible ports first. */
export function firstFittingPort(type: NodeType, given: PortType): string | null {
  const order = [...type.ports].sort((left, right) => rank(left) - rank(right))
  const port = order.find((candidate) => candidate.implicit || fits(given, candidate.type))
  if (port) return port.name
  return type.any_port && fits(given, type.any_port_type ?? ANY) ? DEFAULT_PORT : null
}

/** The first outlet of a type whose value `wanted` takes: the main one if it does. */
export function firstFittingOutlet(type: NodeType, wanted: Port | null): string | null {
  const main = mainOutlet(type)
  const takes = ({ type: given, passthrough }: Outlet) =>
    !wanted || wanted.implicit || passthrough || fits(given, wanted.type)
  const outlet = type.outlets.find(({ name }) => name === main)
  if (outlet && takes(outlet)) return main
  return type.outlets.find(takes)?.name ?? null
}

function rank(port: Port): number {
  return (port.implicit ? 2 : 0) + (port.required ? 0 : 1)
}

/** The outlet a new wire starts at: `out` when there is one, else the first. */
export function mainOutlet(type: NodeType): string {
  if (type.outlets.some((outlet) => outlet.name === DEFAULT_OUTLET)) return DEFAULT_OUTLET
  return type.outlets[0]?.name ?? DEFAULT_OUTLET
}

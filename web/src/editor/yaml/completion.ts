/** What can stand where one types: keys, node types, fields of a type with their values, ids in edges. */

import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import { bodyNodes } from '~/model/bodies'
import { isObject, type Json, type JsonObject } from '~/model/json'
import { findType, type NodeTypes } from '~/model/nodeType'
import type { WorkflowDocument, WorkflowNode } from '~/model/workflow'

export interface Known {
  document: WorkflowDocument
  types: NodeTypes
}

const TOP = 'title description labels inputs vars triggers nodes edges outputs policy notes groups layout'
const NODE = 'type title config policy disabled body'
const POLICY = 'timeout retry on_error join idempotent undo cache on_interrupt'
const RETRY = 'maximum_attempts initial_interval backoff_coefficient maximum_interval'
const TRIGGER = 'type config inputs'
const KEYED = /^(\s*(?:- )?)(?:"([^"]*)"|'([^']*)'|([^\s:#'"][^:#]*?))\s*:(?:\s|$)/
/** Lines above that are looked at; a node with a longer config is rare. */
const REACH = 2_000

const keys = (names: string): Completion[] =>
  names.split(' ').map((label) => ({ label, type: 'property', apply: `${label}: ` }))

/** The keys around a line, from the top down, by their indentation. */
export function pathOfLine(lineAt: (number: number) => string, number: number, indent: number): string[] {
  const path: string[] = []
  let depth = indent
  for (let at = number - 1; at >= 1 && at >= number - REACH && depth > 0; at -= 1) {
    const match = KEYED.exec(lineAt(at))
    if (!match) continue
    const own = match[1]?.length ?? 0
    if (own >= depth) continue
    depth = own
    path.unshift(match[2] ?? match[3] ?? match[4] ?? '')
  }
  return path
}

/** The graph and the rest of a path: `nodes, loop, body, nodes, step, config` → those of the body. */
function graphAt({ document }: Known, path: readonly string[]) {
  let nodes: Readonly<Record<string, WorkflowNode>> = document.nodes
  let rest = path
  while (rest[0] === 'nodes' && rest[2] === 'body') {
    nodes = bodyNodes(nodes[rest[1] ?? '']?.body)
    rest = rest.slice(3)
  }
  return { nodes, rest }
}

function schemaAt(schema: JsonObject, path: readonly string[]): JsonObject | null {
  let at: Json | undefined = schema
  for (const segment of path) {
    const properties: Json | undefined = isObject(at) ? at.properties : undefined
    at = isObject(properties) ? properties[segment] : undefined
  }
  return isObject(at) ? at : null
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

function fields(schema: JsonObject | null): Completion[] {
  const properties = schema?.properties
  if (!isObject(properties)) return []
  return Object.entries(properties).map(([label, field]) => {
    const { description, default: standard } = isObject(field) ? field : ({} as JsonObject)
    return {
      label,
      type: 'property',
      apply: `${label}: `,
      detail: standard === undefined || standard === null ? undefined : JSON.stringify(standard),
      info: textOf(description) || undefined,
    }
  })
}

function values(schema: JsonObject | null): Completion[] {
  if (schema?.type === 'boolean') return ['true', 'false'].map((label) => ({ label, type: 'enum' }))
  const options = schema?.enum
  return Array.isArray(options) ? options.map((one) => ({ label: String(one), type: 'enum' })) : []
}

/** Keys at a path; empty where anything may stand. */
function keysAt(known: Known, path: readonly string[]): Completion[] {
  const { nodes, rest } = graphAt(known, path)
  const [kind, id, part, ...inside] = rest
  if (kind === undefined) return keys(path.length === 0 ? TOP : 'nodes edges')
  if (kind === 'policy') return keys('timeout priority concurrency on_failure finally cache')
  if (kind === 'layout' && id === undefined)
    return Object.keys(nodes).map((label) => ({ label, type: 'variable', apply: `${label}: ` }))
  if (kind === 'triggers' && id !== undefined && part === undefined) return keys(TRIGGER)
  if (kind === 'notes' && id !== undefined) return keys('text at size color')
  if (kind === 'groups' && id !== undefined) return keys('title color nodes')
  if (kind !== 'nodes' || id === undefined) return []
  if (part === undefined) return keys(NODE)
  if (part === 'policy') return keys(inside[0] === 'retry' ? RETRY : POLICY)
  const type = findType(known.types, nodes[id]?.type ?? '')
  return part === 'config' && type ? fields(schemaAt(type.schema, inside)) : []
}

function valuesAt(known: Known, path: readonly string[]): Completion[] {
  const { nodes, rest } = graphAt(known, path)
  const [kind, id, part, ...inside] = rest
  if (kind === 'notes' || kind === 'groups')
    return part === 'color' ? 'yellow blue green red violet grey'.split(' ').map((label) => ({ label })) : []
  if (kind !== 'nodes' || id === undefined) return []
  if (part === 'type')
    return [...known.types.values()].map((type) => ({
      label: `${type.id}@${type.version}`,
      detail: type.title,
      info: type.description || undefined,
      type: 'type',
    }))
  if (part === 'disabled') return values({ type: 'boolean' })
  if (part === 'policy' && inside[0] === 'on_error') return values({ enum: ['fail', 'continue'] })
  const type = findType(known.types, nodes[id]?.type ?? '')
  return part === 'config' && type ? values(schemaAt(type.schema, inside)) : []
}

/** The source for CodeMirror. */
export function yamlCompletion(read: () => Known) {
  return ({ state, pos, explicit }: CompletionContext): CompletionResult | null => {
    const line = state.doc.lineAt(pos)
    const before = line.text.slice(0, pos - line.from)
    const indent = /^ */.exec(before)?.[0].length ?? 0
    const path = pathOfLine((number) => state.doc.line(number).text, line.number, indent)
    const known = read()
    const value = KEYED.exec(before)
    if (value) {
      const word = /[\w.@-]*$/.exec(before)?.[0] ?? ''
      const options = valuesAt(known, [...path, value[2] ?? value[3] ?? value[4] ?? ''])
      return options.length > 0 ? { from: pos - word.length, options, validFor: /^[\w.@-]*$/ } : null
    }
    const item = /^\s*- (?:.*-> ?)?([\w]*)$/.exec(before)
    if (item && path.at(-1) === 'edges') {
      const { nodes } = graphAt(known, path)
      const options = Object.keys(nodes).map((label) => ({ label, type: 'variable' }))
      return { from: pos - (item[1]?.length ?? 0), options, validFor: /^\w*$/ }
    }
    const key = /^ *([A-Za-z_]\w*)?$/.exec(before)
    if (!key || (!key[1] && !explicit)) return null
    const options = keysAt(known, path)
    return options.length > 0 ? { from: pos - (key[1]?.length ?? 0), options, validFor: /^\w*$/ } : null
  }
}

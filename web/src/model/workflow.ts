/** The workflow document, as the server knows it (design: "The workflow document"). Immutable: edits return a new one. */

import type { Json, JsonObject } from './json'

export interface WorkflowNode {
  /** `table.sql@1`, or without a version for the newest. */
  type: string
  title?: string
  config?: JsonObject
  policy?: NodePolicy
  disabled?: boolean
  /** Of a container: the graph inside. */
  body?: Body
}

export interface Body {
  nodes?: Record<string, WorkflowNode>
  edges?: string[]
}

export interface NodePolicy {
  timeout?: string
  retry?: JsonObject
  on_error?: 'fail' | 'continue'
  join?: 'all' | 'any' | number
  idempotent?: boolean
  /** The node that takes back what this one did. */
  undo?: Json
}

export type Position = readonly [x: number, y: number]

export interface WorkflowDocument {
  concertmaster: number
  name: string
  title?: string
  description?: string
  labels?: JsonObject
  inputs?: Record<string, JsonObject>
  vars?: JsonObject
  triggers?: Record<string, JsonObject>
  nodes: Record<string, WorkflowNode>
  edges: readonly string[]
  outputs?: JsonObject
  policy?: JsonObject
  notes?: Json
  groups?: Json
  layout?: Record<string, Position>
}

/** One finding of validation, the same shape from the server and from `validate.ts`. */
export interface Problem {
  code: string
  pointer: string
  severity: 'error' | 'warning'
  message: string
  fix?: string | null
}

export const NODE_ID = /^[A-Za-z_][A-Za-z0-9_]*$/
export const WORKFLOW_NAME = /^[a-z0-9][a-z0-9-]*$/

export function emptyDocument(name: string): WorkflowDocument {
  return { concertmaster: 1, name, nodes: {}, edges: [] }
}

/** A document from the server may leave out empty keys; the editor wants them present. */
export function completeDocument(raw: Partial<WorkflowDocument> & { name: string }): WorkflowDocument {
  return { ...raw, concertmaster: raw.concertmaster ?? 1, nodes: raw.nodes ?? {}, edges: raw.edges ?? [] }
}

/** `table.sql@1` → `table.sql`. */
export function typeId(type: string): string {
  const at = type.indexOf('@')
  return at < 0 ? type : type.slice(0, at)
}

/** What a person calls the node: its title, else its id in words (`mean_delay` → "Mean delay"). */
export function nodeTitle(id: string, node: Pick<WorkflowNode, 'title'> | undefined): string {
  if (node?.title) return node.title
  const words = id.replaceAll('_', ' ').trim()
  return words === '' ? id : words.charAt(0).toUpperCase() + words.slice(1)
}

/** The nouns of the API as this client uses them. */
import type { JsonObject } from '~/model/json'
import type { WorkflowDocument } from '~/model/workflow'
import type { Problem } from './problem'

export type ExecutionStatus =
  | 'queued'
  | 'running'
  | 'waiting'
  | 'paused'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'interrupted'

export type NodeStatus =
  | 'pending'
  | 'running'
  | 'retrying'
  | 'waiting'
  | 'succeeded'
  | 'failed'
  | 'skipped'
  | 'cancelled'

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface ExecutionError {
  code: string
  message: string
  node?: string | null
  details?: unknown
}

export interface ExecutionSummary {
  id: string
  workflow: string
  version: number
  status: ExecutionStatus
  trigger: { type: string }
  created_at: string
  started_at: string | null
  ended_at: string | null
  seq: number
  error: ExecutionError | null
}

export interface Column {
  name: string
  type: string
}

export type ValueSummary =
  | { kind: 'table'; rows: number; bytes: number; columns: Column[] }
  | { kind: 'json'; bytes: number; value?: unknown }
  | { kind: 'file'; path: string; name: string; bytes: number; media_type: string }

export interface Progress {
  done: number
  total: number | null
}

export interface NodeRun {
  node: string
  type: string
  title: string | null
  status: NodeStatus
  attempt: number
  started_at: string | null
  ended_at: string | null
  due_at?: string | null
  progress: Progress | null
  error: ExecutionError | null
  outputs: Record<string, ValueSummary>
  logs: number
}

export interface Execution extends ExecutionSummary {
  inputs: JsonObject
  outputs: JsonObject | null
  nodes: Record<string, NodeRun>
}

export interface RunEvent {
  execution: string
  seq: number
  at: string
  kind: string
  node?: string | null
  data: Record<string, unknown>
}

export interface LogLine {
  n: number
  node: string
  attempt: number
  at: string
  level: string
  text: string
}

export type OutputPage =
  | { kind: 'table'; schema: Column[]; items: Record<string, unknown>[]; total: number; next: number | null }
  | { kind: 'json'; value: unknown }
  | { kind: 'file'; path: string; name: string; bytes: number; media_type: string }

export interface WorkflowSummary {
  name: string
  title: string | null
  description: string | null
  labels: Record<string, string>
  version: number
  published: number | null
  node_count: number
  updated_at: string
  last_execution: ExecutionSummary | null
}

export interface Workflow {
  name: string
  version: number
  published: number | null
  hash: string
  document: WorkflowDocument
  created_at: string
  problems: Problem[]
}

export interface WorkflowVersion {
  version: number
  hash: string
  published: boolean
  created_at: string
  node_count: number
}

export interface Validation {
  items: Problem[]
  document: WorkflowDocument | null
  yaml: string | null
}

export interface Connection {
  name: string
  type: string
  created_at: string
  updated_at: string
  fields: string[]
}

export interface ServerInfo {
  version: string
  workspace: string
  data_dir: string
  started_at: string
  database: string
  registry: string
}

/** What the registry says of a node type (`GET /node-types`). */

import type { JsonObject } from './json'

export interface PortType {
  kind: 'table' | 'file' | 'json' | 'any'
  schema?: JsonObject | null
  many?: boolean
}

export interface Port {
  name: string
  type: PortType
  required: boolean
  /** The hidden optional `in` that only orders and feeds `{{ input }}`. */
  implicit?: boolean
}

export interface Outlet {
  name: string
  type: PortType
  /** The value wired to `in` leaves here unchanged, so its type is that of the wire. */
  passthrough?: boolean
}

export interface NodeType {
  id: string
  version: number
  category: string
  title: string
  description: string
  docs: string
  icon: string
  tags: string[]
  ports: Port[]
  any_port: boolean
  any_port_type?: PortType | null
  outlets: Outlet[]
  /** Key of the config whose names are outlets too (the cases of a switch); they pass their input on. */
  dynamic_outlets?: string | null
  schema: JsonObject
  effect: 'none' | 'read' | 'write'
  idempotent?: boolean
  summary_field: string | null
  example: string
  /** What becomes of the body that every node of this type has. */
  container?: 'each' | 'while' | 'until' | 'race' | 'lock' | null
  status: string
  /** Where a setting has it switched off: that, and what to do. */
  disabled_reason?: string | null
  /** It can make its config of one of the version before. */
  migrates?: boolean
  /** Former versions that are still in service, by number; only in an index. */
  older?: ReadonlyMap<number, NodeType>
}

/** Node types by id, the newest version of each. */
export type NodeTypes = ReadonlyMap<string, NodeType>

export function indexNodeTypes(items: readonly NodeType[]): NodeTypes {
  const versions = new Map<string, NodeType[]>()
  for (const type of items) {
    const known = versions.get(type.id)
    if (known) known.push(type)
    else versions.set(type.id, [type])
  }
  const index = new Map<string, NodeType>()
  for (const [id, types] of versions) {
    const newest = types.reduce((best, type) => (type.version > best.version ? type : best))
    const older = new Map(types.filter((type) => type !== newest).map((type) => [type.version, type]))
    index.set(id, older.size > 0 ? { ...newest, older } : newest)
  }
  return index
}

/** The type that a node names, `table.sql@1`, in its own version; null when there is none like that. */
export function findType(types: NodeTypes, reference: string): NodeType | null {
  const [id = '', version] = reference.split('@')
  const newest = types.get(id)
  if (!newest || version === undefined || newest.version === Number(version)) return newest ?? null
  return newest.older?.get(Number(version)) ?? null
}

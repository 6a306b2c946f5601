import { isObject, type Json } from '~/model/json'
import type { NodeType } from '~/model/nodeType'
import { typeId, type WorkflowNode } from '~/model/workflow'

const LONGEST = 120

/** A value in one line, as short as it still tells something. */
export function oneLine(value: Json | undefined): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value.replace(/\s+/g, ' ').trim().slice(0, LONGEST)
  if (Array.isArray(value)) return value.map(oneLine).filter(Boolean).join(', ').slice(0, LONGEST)
  if (isObject(value)) return Object.keys(value).join(', ').slice(0, LONGEST)
  return String(value)
}

/** The line under the title: the config value that tells most, else what kind of node it is. */
export function subtitleOf(node: WorkflowNode, type: NodeType | null): string {
  const value = type?.summary_field ? node.config?.[type.summary_field] : undefined
  return oneLine(value) || type?.title || typeId(node.type)
}

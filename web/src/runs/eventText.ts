import type { RunEvent } from '~/api/types'
import { isObject } from '~/model/json'

export const EVENT_GROUPS = ['run', 'node', 'progress', 'items', 'timers'] as const
export type EventGroup = (typeof EVENT_GROUPS)[number]

/** What kind of thing an event tells of; a new kind of a newer server is told of as one of a node. */
export function groupOf(kind: string): EventGroup {
  if (kind.startsWith('execution.')) return 'run'
  if (kind === 'node.progress') return 'progress'
  if (kind.startsWith('item.')) return 'items'
  return kind.startsWith('timer.') ? 'timers' : 'node'
}

const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

/** What tells most about an event, in a few words of its own. */
export function eventText({ data }: RunEvent): string {
  if (isObject(data.error)) return text(data.error.message)
  if (data.reason !== undefined && data.reason !== null) return text(data.reason)
  if (data.rule !== undefined)
    return [text(data.rule), text(data.resource), text(data.due_at)].filter(Boolean).join(' ')
  if (data.done !== undefined) return [text(data.done), text(data.total)].filter(Boolean).join(' / ')
  if (isObject(data.outputs)) return Object.keys(data.outputs).join(', ')
  if (data.workflow !== undefined) return `${text(data.workflow)} v${text(data.version)}`
  return [text(data.status), text(data.execution)].filter(Boolean).join(' ')
}

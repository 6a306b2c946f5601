/** Counts of a container's items, folded from the events of its run as the server does it. */

import type { ItemCounts, RunEvent } from '~/api/types'
import type { JsonObject } from '~/model/json'
import { formatCount } from '~/ui/format'
import type { NodeRunView } from './fold'

type Data = RunEvent['data']
const KINDS: readonly string[] = ['each', 'while', 'until', 'race', 'lock', 'call']
const isKind = (kind: unknown): kind is ItemCounts['kind'] => KINDS.includes(String(kind))
const count = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise)

/** As a wait for child executions begins. */
export function startItems(about: JsonObject): ItemCounts | null {
  if (!isKind(about.kind)) return null
  return { kind: about.kind, total: count(about.total, 1), done: 0, failed: 0, running: 0 }
}

/** Items of each child execution that has not ended. */
export type Parts = Readonly<Record<string, number>>

export interface Children {
  items: ItemCounts | null
  parts: Parts
}

const sum = (parts: Parts): number => Object.values(parts).reduce((total, items) => total + items, 0)

export function itemStarted({ items, parts }: Children, data: Data): Children {
  const next = { ...parts, [String(data.execution)]: count(data.count, 1) }
  return { items: items && { ...items, running: sum(next) }, parts: next }
}

/** An interrupted one may go on, so its items have not come to an end. */
export function itemEnded({ items, parts }: Children, data: Data): Children {
  const { [String(data.execution)]: ended = 0, ...rest } = parts
  if (!items || data.status === 'interrupted') return { items, parts }
  const failed = items.failed + count(data.failed, 0)
  const done = items.done + (data.status === 'succeeded' ? ended : count(data.failed, 0))
  return { items: { ...items, done, failed, running: sum(rest) }, parts: rest }
}

/** A body that runs once has no items to count. */
export const isOnce = (items: ItemCounts): boolean => items.kind === 'race' || items.kind === 'lock'

export const isLoop = (items: ItemCounts): boolean => items.kind === 'while' || items.kind === 'until'

/** `12/40`; of a loop that ends by a condition only what was done. */
export const itemsText = (items: ItemCounts): string =>
  isLoop(items) ? formatCount(items.done) : `${formatCount(items.done)}/${formatCount(items.total)}`

/** The counts of a loop that goes on, or went on, without some of its items; null of any other node. */
export function lostItems(view: NodeRunView | undefined): ItemCounts | null {
  const items = view?.counted ?? view?.items
  return items?.kind === 'each' && items.failed > 0 && view?.status !== 'failed' ? items : null
}

/**
 * Undo and redo as changes, not as whole documents: what somebody else did in between stays.
 *
 * A step is kept as the changes that it made; to take it back, their inverses are applied to the document as it is
 * now. Where another person has been at the same place meanwhile, that place is left alone.
 */

import { apply, type Change, compact, diff, inverses } from './ops'
import type { WorkflowDocument } from './workflow'

export interface HistoryEntry {
  /** What the step was called: "Move 2 nodes". */
  label: string
  changes: readonly Change[]
}

export interface History {
  past: readonly HistoryEntry[]
  /** The next to be done again comes first. */
  future: readonly HistoryEntry[]
  /** What was done last, and which places of the document it changed. */
  last: { label: string; places: string; at: number } | null
}

export const HISTORY_LIMIT = 100
export const COALESCE_MS = 500
export const NO_HISTORY: History = { past: [], future: [], last: null }

/**
 * A step from one document to another. Steps of one label at the same places within half a second become one (typing
 * in a field).
 */
export function commit(
  history: History,
  from: WorkflowDocument,
  to: WorkflowDocument,
  label: string,
  now: number,
): History {
  const changes = diff(from, to)
  if (changes.length === 0) return history
  const { last, past: before } = history
  const newest = before.at(-1)
  const places = changes.map(({ path }) => path).join(' ')
  const joins =
    last !== null && last.label === label && last.places === places && now - last.at <= COALESCE_MS
  const past =
    joins && newest
      ? [...before.slice(0, -1), { label, changes: compact([...newest.changes, ...changes]) }]
      : [...before, { label, changes }].slice(-HISTORY_LIMIT)
  return { past, future: [], last: { label, places, at: now } }
}

export interface Travelled {
  history: History
  document: WorkflowDocument
}

export function undo(history: History, document: WorkflowDocument): Travelled {
  const entry = history.past.at(-1)
  if (!entry) return { history, document }
  return {
    history: { past: history.past.slice(0, -1), future: [entry, ...history.future], last: null },
    document: apply(document, inverses(entry.changes)).document,
  }
}

export function redo(history: History, document: WorkflowDocument): Travelled {
  const [entry, ...future] = history.future
  if (!entry) return { history, document }
  return {
    history: { past: [...history.past, entry], future, last: null },
    document: apply(document, entry.changes).document,
  }
}

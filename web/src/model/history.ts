/** Undo and redo over immutable states. An entry is a reference, so a hundred of them cost next to nothing. */

export interface HistoryEntry<T> {
  /** What the step that leads away from `state` was called: "Move 2 nodes". */
  label: string
  state: T
}

export interface History<T> {
  past: readonly HistoryEntry<T>[]
  present: T
  future: readonly HistoryEntry<T>[]
  last: { label: string; target: string; at: number } | null
}

export const HISTORY_LIMIT = 100
export const COALESCE_MS = 500

export function startHistory<T>(present: T): History<T> {
  return { past: [], present, future: [], last: null }
}

/**
 * Make `next` the present. Steps of one label about one thing within half a second become one (typing in a field).
 * @param target what the step changed.
 */
export function commit<T>(history: History<T>, next: T, label: string, now: number, target = ''): History<T> {
  if (next === history.present) return history
  const { last } = history
  const joined =
    last !== null && last.label === label && last.target === target && now - last.at <= COALESCE_MS
  const past =
    joined && history.past.length > 0
      ? history.past
      : [...history.past, { label, state: history.present }].slice(-HISTORY_LIMIT)
  return { past, present: next, future: [], last: { label, target, at: now } }
}

export function undo<T>(history: History<T>): History<T> {
  const entry = history.past.at(-1)
  if (!entry) return history
  return {
    past: history.past.slice(0, -1),
    present: entry.state,
    future: [{ label: entry.label, state: history.present }, ...history.future],
    last: null,
  }
}

export function redo<T>(history: History<T>): History<T> {
  const [entry, ...future] = history.future
  if (!entry) return history
  return {
    past: [...history.past, { label: entry.label, state: history.present }],
    present: entry.state,
    future,
    last: null,
  }
}

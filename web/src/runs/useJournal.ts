import { useCallback, useSyncExternalStore } from 'react'
import { type JournalView, RunJournal } from './journal'

const open = new Map<string, { journal: RunJournal; users: number }>()
/** A journal outlives its last reader a little, so that going from view to view keeps it. */
const LINGER = 5_000
const NONE: JournalView = { events: [], complete: false, error: null }

function acquire(id: string): RunJournal {
  const entry = open.get(id) ?? { journal: new RunJournal(id), users: 0 }
  open.set(id, entry)
  entry.users += 1
  return entry.journal
}

function release(id: string): void {
  const entry = open.get(id)
  if (!entry) return
  entry.users -= 1
  setTimeout(() => {
    if (entry.users > 0 || open.get(id) !== entry) return
    entry.journal.close()
    open.delete(id)
  }, LINGER)
}

/** All events of a run so far, renewed a few times a second; of nothing without an id. Shared by all its readers. */
export function useJournal(id: string | null): JournalView & { reload: () => void } {
  const watch = useCallback(
    (run: () => void) => {
      if (id === null) return () => undefined
      const stop = acquire(id).watch(run)
      return () => {
        stop()
        release(id)
      }
    },
    [id],
  )
  const view = useSyncExternalStore(watch, () => (id === null ? NONE : (open.get(id)?.journal.get() ?? NONE)))
  return { ...view, reload: () => void (id !== null && open.get(id)?.journal.load()) }
}

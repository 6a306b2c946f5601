import { createContext, useContext, useSyncExternalStore } from 'react'
import type { DraftFacts, LiveDraft } from './live'
import type { DraftSession } from './session'

export const DraftContext = createContext<LiveDraft | null>(null)

export function useLiveDraft(): LiveDraft {
  const live = useContext(DraftContext)
  if (!live) throw new Error('A draft is used outside a DraftContext.')
  return live
}

/** Subscribe to one thing of the session; what is selected has to keep its identity while it is the same. */
export function useSession<T>(select: (session: DraftSession) => T): T {
  const { session } = useLiveDraft()
  return useSyncExternalStore(session.watch, () => select(session))
}

/** Where the draft stands among the versions. */
export function useFacts(): DraftFacts {
  const live = useLiveDraft()
  return useSyncExternalStore(live.watchFacts, () => live.facts)
}

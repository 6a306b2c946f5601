import { useEffect } from 'react'
import { received } from '../actions/draft'
import { useEditorHandle } from '../store'
import { useLiveDraft } from './context'
import { keepHistory } from './undoKeeping'

/** Carries edits from the editor to the draft, and what others do from the draft to the editor. */
export function useSync(): void {
  const { store, dispatch } = useEditorHandle()
  const live = useLiveDraft()
  useEffect(() => {
    const { session, workflow } = live
    const stopEditor = store.subscribe((state, before) => {
      if (state.history !== before.history) keepHistory(workflow, state.history)
      if (state.root !== before.root && state.root !== session.document) live.edit(state.root)
    })
    const stopSession = session.watch(() => {
      if (store.getState().root !== session.document) dispatch(received, session.document)
    })
    return () => {
      stopEditor()
      stopSession()
      void live.flush()
    }
  }, [store, dispatch, live])
}

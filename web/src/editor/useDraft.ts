import { useEffect } from 'react'
import { dropDraft, writeDraft } from './drafts'
import { isDirty } from './state'
import { useEditorHandle } from './store'

const DELAY_MS = 300

/** Keeps unsaved work in the browser, and asks before the page is closed with it. */
export function useDraft(): void {
  const { store } = useEditorHandle()
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const flush = () => {
      clearTimeout(timer)
      const state = store.getState()
      const { name } = state.saved.document
      if (isDirty(state)) writeDraft(name, { version: state.saved.version, document: state.root })
      else dropDraft(name)
    }
    const stop = store.subscribe((state, before) => {
      if (state.root === before.root && state.saved === before.saved) return
      clearTimeout(timer)
      timer = setTimeout(flush, DELAY_MS)
    })
    const leave = (event: BeforeUnloadEvent) => {
      flush()
      if (isDirty(store.getState())) event.preventDefault()
    }
    window.addEventListener('beforeunload', leave)
    return () => {
      flush()
      stop()
      window.removeEventListener('beforeunload', leave)
    }
  }, [store])
}

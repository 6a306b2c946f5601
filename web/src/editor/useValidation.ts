import { useEffect } from 'react'
import { validateWorkflow } from '~/api/workflows'
import { checked } from './actions/editDocument'
import { useEditorHandle } from './store'

const DELAY_MS = 350

/** Asks the server for the full list of problems, shortly after the last change. */
export function useValidation(): void {
  const { store, dispatch } = useEditorHandle()
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let running: AbortController | null = null
    const ask = async () => {
      running?.abort()
      const request = new AbortController()
      running = request
      const { root: document } = store.getState()
      try {
        const answer = await validateWorkflow(document, request.signal)
        dispatch(checked, { server: answer.items, of: document, failure: null })
      } catch (error) {
        if (request.signal.aborted) return
        dispatch(checked, { failure: error instanceof Error ? error.message : String(error) })
      }
    }
    const stop = store.subscribe((state, before) => {
      if (state.root === before.root) return
      clearTimeout(timer)
      timer = setTimeout(() => void ask(), DELAY_MS)
    })
    void ask()
    return () => {
      clearTimeout(timer)
      running?.abort()
      stop()
    }
  }, [store, dispatch])
}

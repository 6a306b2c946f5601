import { useEffect } from 'react'
import { actions } from './actions'
import { actionFor } from './shortcuts'
import { useEditorHandle } from './store'

/** The keys of every action, while the editor is open and no dialog is. */
export function useShortcuts(): void {
  const { dispatch } = useEditorHandle()
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector('[role="dialog"][aria-modal="true"]')) return
      const action = actionFor(actions, event)
      if (!action) return
      // Copying marked text stays what it was.
      if (action.id.startsWith('clipboard.c') && document.getSelection()?.toString()) return
      event.preventDefault()
      dispatch(action)
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [dispatch])
}

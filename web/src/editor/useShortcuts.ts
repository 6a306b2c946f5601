import { useEffect } from 'react'
import { actions } from './actions'
import { pasteText } from './actions/clipboard'
import { pastedText } from './clipboard'
import { actionFor, isTyping } from './shortcuts'
import { useEditorHandle } from './store'

const dialogIsOpen = () => document.querySelector('[role="dialog"][aria-modal="true"]') !== null

/** The keys of every action, while the editor is open and no dialog is. */
export function useShortcuts(): void {
  const { dispatch } = useEditorHandle()
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || dialogIsOpen()) return
      const action = actionFor(actions, event)
      if (!action || action.native) return
      // Copying marked text stays what it was.
      if (action.id.startsWith('clipboard.c') && document.getSelection()?.toString()) return
      event.preventDefault()
      dispatch(action)
    }
    // The browser's own paste needs no permission, and works where pages have no clipboard.
    const paste = (event: ClipboardEvent) => {
      if (event.defaultPrevented || dialogIsOpen() || isTyping(event.target)) return
      event.preventDefault()
      dispatch(pasteText, pastedText(event))
    }
    window.addEventListener('keydown', press)
    window.addEventListener('paste', paste)
    return () => {
      window.removeEventListener('keydown', press)
      window.removeEventListener('paste', paste)
    }
  }, [dispatch])
}

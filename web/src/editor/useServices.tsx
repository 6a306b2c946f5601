import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { type RefObject, useEffect } from 'react'
import type { NewVersion } from '~/api/types'
import { workflowKeys } from '~/api/workflows'
import type { CanvasHandle } from '~/canvas/viewport'
import { words } from '~/i18n'
import type { EditorServices } from './action'
import { setPanels } from './actions/panels'
import { setSaving, stored } from './actions/save'
import { arrange } from './arranging'
import { copyText, readText } from './clipboard'
import { testRuns } from './partial/testRuns'
import { togglePin } from './partial/togglePin'
import { isError, problemsOf } from './problems'
import { useEditorHandle } from './store'
import { useLiveDraft } from './sync/context'
import { type VersionOutcome, versionOf } from './sync/version'

const t = words.editor.save
const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** What actions ask of the world: the server, the clipboard, the view. */
export function useServices(canvas: RefObject<CanvasHandle | null>, openMenu: () => void): void {
  const editor = useEditorHandle()
  const live = useLiveDraft()
  const client = useQueryClient()

  useEffect(() => {
    const { store, dispatch } = editor

    /** Make a version of the draft as it stands; null when that did not work, which was said then. */
    const makeVersion = async (wanted: Omit<NewVersion, 'revision'>): Promise<VersionOutcome | null> => {
      dispatch(setSaving, { state: 'saving' })
      try {
        const outcome = await versionOf(live, wanted)
        dispatch(setSaving, { state: 'idle' })
        if (outcome.kind === 'made') {
          void client.invalidateQueries({ queryKey: workflowKeys.all })
          if (wanted.origin !== 'test') dispatch(stored, outcome.saved)
        }
        return outcome
      } catch (error) {
        dispatch(setSaving, { state: 'failed', message: message(error) })
        const text = `${message(error)} ${t.failedHelp}`
        notifications.show({ color: 'red', title: t.failed, message: text, autoClose: false })
        return null
      }
    }

    const showErrors = (title: string, why: (errors: number) => string) => {
      const errors = Math.max(1, problemsOf(store.getState()).filter(isError).length)
      notifications.show({ color: 'yellow', title, message: why(errors) })
      dispatch(setPanels, { drawer: 'problems' })
    }

    const services: EditorServices = {
      async save({ publish, label }) {
        // That it is saved or published stands in the bar; only what went otherwise is said aloud.
        const outcome = await makeVersion({ publish, label, origin: 'save' })
        if (outcome?.kind === 'invalid') showErrors(t.unpublished, t.unpublishedWhy)
      },

      ...testRuns({
        editor,
        client,
        makeVersion: () => makeVersion({ publish: false, origin: 'test' }),
        showErrors,
      }),
      togglePin: (place) => togglePin({ editor, client, place }),

      // After the changed document is drawn.
      fit: () => requestAnimationFrame(() => requestAnimationFrame(() => canvas.current?.fit())),
      zoom: (step) => canvas.current?.zoom(step),
      resetZoom: () => canvas.current?.resetZoom(),
      show: (id) => canvas.current?.show(id),
      place: () => canvas.current?.place() ?? [0, 0],

      menu: openMenu,
      arrange: (state, ids) => arrange(state, ids),

      async copy(text) {
        if (!(await copyText(text)))
          notifications.show({ color: 'red', message: words.canvas.clipboard.failed })
      },
      readClipboard: readText,
      tell: (text) => notifications.show({ message: text }),
    }
    editor.services.current = services
    return () => {
      editor.services.current = null
    }
  }, [editor, live, client, canvas, openMenu])
}

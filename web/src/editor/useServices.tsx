import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { type RefObject, useEffect, useRef } from 'react'
import { executionKeys, startExecution } from '~/api/executions'
import type { Workflow } from '~/api/types'
import { workflowKeys } from '~/api/workflows'
import type { CanvasHandle } from '~/canvas/viewport'
import { words } from '~/i18n'
import type { EditorServices } from './action'
import { setPanels } from './actions/panels'
import { showExecution } from './actions/run'
import { setSaving, stored } from './actions/save'
import { arrange } from './arranging'
import { copyText, readText } from './clipboard'
import { isError, problemsOf } from './problems'
import { type SaveOutcome, saveDocument } from './saving'
import { isDirty } from './state'
import { useEditorHandle } from './store'

const t = words.editor.save
const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** What actions ask of the world: the server, the clipboard, the view. */
export function useServices(canvas: RefObject<CanvasHandle | null>, openMenu: () => void): void {
  const editor = useEditorHandle()
  const client = useQueryClient()
  const starting = useRef(false)

  useEffect(() => {
    const { store, dispatch } = editor

    const keep = (workflow: Workflow) => {
      client.setQueryData(workflowKeys.one(workflow.name), workflow)
      void client.invalidateQueries({ queryKey: workflowKeys.versions(workflow.name) })
      void client.invalidateQueries({ queryKey: workflowKeys.list() })
    }

    /** Null when it could not be saved; that was said then. */
    const saveNow = async (overwrite: boolean): Promise<SaveOutcome | null> => {
      const { root: document, saved } = store.getState()
      dispatch(setSaving, { state: 'saving' })
      try {
        const outcome = await saveDocument({ document, ifMatch: overwrite ? undefined : saved.version })
        if (outcome.kind === 'conflict') {
          dispatch(setSaving, { state: 'idle' })
          dispatch(setPanels, { conflict: true })
          return outcome
        }
        const { workflow } = outcome
        keep(workflow)
        dispatch(stored, {
          sent: document,
          saved: { document, version: workflow.version, published: workflow.published },
        })
        return outcome
      } catch (error) {
        dispatch(setSaving, { state: 'failed', message: message(error) })
        notifications.show({
          color: 'red',
          title: t.failed,
          message: `${message(error)} ${t.failedHelp}`,
          autoClose: false,
        })
        return null
      }
    }

    const services: EditorServices = {
      async save({ overwrite = false } = {}) {
        // That it is published stands in the bar; only what differs from that is said aloud.
        const outcome = await saveNow(overwrite)
        if (outcome?.kind === 'unpublished') {
          const errors = outcome.problems.filter(isError).length
          notifications.show({
            color: 'yellow',
            title: t.unpublished(outcome.workflow.version),
            message: t.unpublishedWhy(errors),
          })
          dispatch(setPanels, { drawer: 'problems' })
        }
      },

      async run() {
        if (starting.current) return
        starting.current = true
        try {
          const { saved } = store.getState()
          if (isDirty(store.getState()) || saved.published !== saved.version) {
            const outcome = await saveNow(false)
            if (outcome?.kind === 'unpublished') {
              const errors = Math.max(1, problemsOf(store.getState()).filter(isError).length)
              notifications.show({ color: 'yellow', title: t.cannotRun, message: t.cannotRunWhy(errors) })
              dispatch(setPanels, { drawer: 'problems' })
            }
            if (outcome?.kind !== 'published') return
          }
          const { root: document, saved: now } = store.getState()
          if (Object.keys(document.inputs ?? {}).length > 0) {
            dispatch(setPanels, { runInputs: true })
            return
          }
          const start = { workflow: document.name, inputs: {}, version: now.version }
          const execution = await startExecution(start, crypto.randomUUID())
          client.setQueryData(executionKeys.one(execution.id), execution)
          void client.invalidateQueries({ queryKey: executionKeys.lists() })
          dispatch(showExecution, execution.id)
        } catch (error) {
          notifications.show({ color: 'red', title: t.runFailed, message: message(error), autoClose: false })
        } finally {
          starting.current = false
        }
      },

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
  }, [editor, client, canvas, openMenu])
}

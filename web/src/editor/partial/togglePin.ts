import { notifications } from '@mantine/notifications'
import type { QueryClient } from '@tanstack/react-query'
import { deletePin, pinKeys, pinsQuery, putPin } from '~/api/pins'
import { ApiError } from '~/api/problem'
import { words } from '~/i18n'
import { openBody } from '~/model/bodies'
import { nodeTitle, type WorkflowDocument } from '~/model/workflow'
import { setPanels } from '../actions/panels'
import type { Editor } from '../store'

const t = words.pins.done

/** The title of the node at a place (`container/node` in a body). */
export function titleAt(root: WorkflowDocument, place: string): string {
  const path = place.split('/')
  const id = path.pop() ?? ''
  return nodeTitle(id, openBody(root, path).nodes[id])
}

/** Unpin what is pinned; else pin what the shown run has, and where that is nothing, ask for a value. */
export async function togglePin({
  editor,
  client,
  place,
}: {
  editor: Editor
  client: QueryClient
  place: string
}): Promise<void> {
  const { store, trial, dispatch } = editor
  const { root, execution } = store.getState()
  const workflow = root.name
  const title = titleAt(root, place)
  let pinned = false
  try {
    const known = await client.fetchQuery(pinsQuery(workflow))
    pinned = known.some(({ node }) => node === place)
    if (pinned) await deletePin(workflow, place)
    else if (execution === null) return trial.setState({ typing: place })
    else await putPin(workflow, { node: place, execution })
    notifications.show({ message: pinned ? t.unpinned(title) : t.pinned(title) })
  } catch (error) {
    const code = error instanceof ApiError ? error.code : ''
    if (!pinned && code.endsWith('.not_found')) return trial.setState({ typing: place })
    // Which of its outlets is said where they are seen.
    if (code === 'pin.which_outlet') dispatch(setPanels, { inspector: true, inspectorTab: 'output' })
    const message = error instanceof Error ? error.message : String(error)
    notifications.show({ color: 'red', title: pinned ? t.unpinFailed : t.failed, message })
  } finally {
    void client.invalidateQueries({ queryKey: pinKeys.list(workflow) })
  }
}

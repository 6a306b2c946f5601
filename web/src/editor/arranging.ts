import { notifications } from '@mantine/notifications'
import { words } from '~/i18n'
import type { Position } from '~/model/workflow'
import type { EditorState } from './state'

const ID = 'arranging'
/** Shorter than this nothing is said. */
const SOON_MS = 400

/** Places with the fewest crossings, found by a worker; null when it failed, which is said. */
export async function arrange(
  { document, types }: EditorState,
  ids: readonly string[],
): Promise<Record<string, Position> | null> {
  const waiting = setTimeout(
    () => notifications.show({ id: ID, loading: true, message: words.canvas.tidying, autoClose: false }),
    SOON_MS,
  )
  try {
    const { bestLayout } = await import('./bestLayout')
    return await bestLayout(document, types, ids)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    notifications.show({ color: 'red', message: words.canvas.tidyFailed(reason), autoClose: false })
    return null
  } finally {
    clearTimeout(waiting)
    notifications.hide(ID)
  }
}

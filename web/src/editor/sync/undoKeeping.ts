/** What can be undone outlives a reload: steps are small, and the tab keeps them. */

import { type History, NO_HISTORY } from '~/model/history'

const key = (workflow: string) => `concertmaster.undo.${workflow}`

export function readHistory(workflow: string): History {
  try {
    const kept = JSON.parse(sessionStorage.getItem(key(workflow)) ?? 'null') as History | null
    return Array.isArray(kept?.past) && Array.isArray(kept.future) ? { ...kept, last: null } : NO_HISTORY
  } catch {
    return NO_HISTORY
  }
}

export function keepHistory(workflow: string, { past, future }: History): void {
  try {
    sessionStorage.setItem(key(workflow), JSON.stringify({ past, future }))
  } catch {
    // Too large or not allowed: then there is nothing to undo after a reload.
  }
}

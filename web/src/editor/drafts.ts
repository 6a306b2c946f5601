/** Unsaved work, kept in this browser until it is saved. */

import type { WorkflowDocument } from '~/model/workflow'

interface Draft {
  /** The version the work started from. */
  version: number
  document: WorkflowDocument
}

const key = (name: string) => `concertmaster.draft.${name}`

export function readDraft(name: string): Draft | null {
  try {
    const raw: unknown = JSON.parse(localStorage.getItem(key(name)) ?? 'null')
    const draft = raw as Draft | null
    return typeof draft?.version === 'number' && draft.document?.name === name && draft.document.nodes
      ? draft
      : null
  } catch {
    return null
  }
}

/** False when the browser refuses (full, private): then leaving the page must ask. */
export function writeDraft(name: string, draft: Draft): boolean {
  try {
    localStorage.setItem(key(name), JSON.stringify(draft))
    return true
  } catch {
    return false
  }
}

export function dropDraft(name: string): void {
  try {
    localStorage.removeItem(key(name))
  } catch {
    // Without storage there was no draft.
  }
}

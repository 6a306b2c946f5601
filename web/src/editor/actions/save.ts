import { IconDeviceFloppy } from '@tabler/icons-react'
import { words } from '~/i18n'
import type { WorkflowDocument } from '~/model/workflow'
import type { Action } from '../action'
import type { Saved, Saving } from '../state'

export const save: Action = {
  id: 'document.save',
  label: words.editor.actions.save,
  icon: IconDeviceFloppy,
  shortcuts: ['mod+s'],
  listed: true,
  everywhere: true,
  undoable: false,
  edits: true,
  enabled: (state) => state.saving.state !== 'saving',
  perform: (state) => state,
  effect: ({ services }) => services.save(),
}

export const setSaving: Action<Saving> = {
  id: 'document.saving',
  label: words.editor.actions.save,
  undoable: false,
  perform: (state, saving) => ({ ...state, saving }),
}

interface Stored {
  sent: WorkflowDocument
  saved: Saved
}

/** The server has a version: unless the person went on editing, the document is what was sent. */
export const stored: Action<Stored> = {
  id: 'document.saved',
  label: words.editor.actions.save,
  undoable: false,
  perform: (state, { sent, saved }) => ({
    ...state,
    saving: { state: 'idle' },
    saved: { ...saved, document: sent },
  }),
}

/** Throw the draft away and show what the server has. The draft stays one undo away. */
export const reload: Action<Saved> = {
  id: 'document.reload',
  label: words.editor.actions.reload,
  undoable: true,
  perform: (state, saved) => ({ ...state, root: saved.document, saved, saving: { state: 'idle' } }),
}

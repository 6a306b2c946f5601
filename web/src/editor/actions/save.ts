import { IconCloudUpload, IconDeviceFloppy } from '@tabler/icons-react'
import { words } from '~/i18n'
import type { Action } from '../action'
import type { EditorState, Saved, Saving } from '../state'

const idle = (state: EditorState) => state.saving.state !== 'saving'

export const save: Action = {
  id: 'document.save',
  label: words.editor.actions.save,
  icon: IconDeviceFloppy,
  shortcuts: ['mod+s'],
  listed: true,
  everywhere: true,
  undoable: false,
  edits: true,
  enabled: idle,
  perform: (state) => state,
  effect: ({ services }) => services.save({ publish: false }),
}

export const publish: Action = {
  id: 'document.publish',
  label: words.editor.actions.publish,
  icon: IconCloudUpload,
  shortcuts: ['mod+shift+s'],
  listed: true,
  everywhere: true,
  undoable: false,
  edits: true,
  enabled: idle,
  perform: (state) => state,
  effect: ({ services }) => services.save({ publish: true }),
}

export const setSaving: Action<Saving> = {
  id: 'document.saving',
  label: words.editor.actions.save,
  undoable: false,
  perform: (state, saving) => ({ ...state, saving }),
}

/** The server has a version; the person may have gone on editing since. */
export const stored: Action<Saved> = {
  id: 'document.saved',
  label: words.editor.actions.save,
  undoable: false,
  perform: (state, saved) => ({ ...state, saved, saving: { state: 'idle' } }),
}

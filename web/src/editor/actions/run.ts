import { IconPlayerPlay } from '@tabler/icons-react'
import { words } from '~/i18n'
import type { Action } from '../action'
import { withPanels } from '../state'

export const run: Action = {
  id: 'document.run',
  label: words.editor.actions.run,
  icon: IconPlayerPlay,
  shortcuts: ['mod+enter'],
  listed: true,
  everywhere: true,
  undoable: false,
  enabled: (state) => state.saving.state !== 'saving',
  perform: (state) => state,
  effect: ({ services }) => services.run(),
}

export const showExecution: Action<string | null> = {
  id: 'run.show',
  label: words.editor.actions.run,
  undoable: false,
  perform: (state, execution) =>
    withPanels({ ...state, execution }, { inspectorTab: execution === null ? 'config' : 'output' }),
}

/** Another run's data, where one looks already. */
export const chooseExecution: Action<string | null> = {
  id: 'run.choose',
  label: words.editor.actions.run,
  undoable: false,
  perform: (state, execution) => ({ ...state, execution }),
}

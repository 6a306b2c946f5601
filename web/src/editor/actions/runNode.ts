import type { Icon } from '@tabler/icons-react'
import {
  IconArrowBarRight,
  IconArrowBarToRight,
  IconPlayerTrackNext,
  IconSettingsPlus,
} from '@tabler/icons-react'
import { words } from '~/i18n'
import type { Action } from '../action'
import type { Mode } from '../partial/trial'
import { type EditorState, soleNode } from '../state'

const t = words.pins.actions

/** Nodes of a body run with their container only, and a disabled one does not run. */
export function canRunAlone(state: EditorState): boolean {
  const id = soleNode(state)
  return id !== null && state.path.length === 0 && !state.document.nodes[id]?.disabled
}

const runPart = (mode: Mode, label: string, icon: Icon, keys: string): Action => ({
  id: `run.${mode}`,
  label,
  icon,
  shortcuts: [keys],
  listed: true,
  undoable: false,
  enabled: (state) => canRunAlone(state) && state.saving.state !== 'saving',
  perform: (state) => state,
  effect({ services, before }) {
    const node = soleNode(before)
    return node === null ? undefined : services.runPart({ mode, node })
  },
})

export const runOnly = runPart('only', t.only, IconPlayerTrackNext, 'shift+enter')
export const runUntil = runPart('until', t.until, IconArrowBarToRight, 'alt+enter')
export const runFrom = runPart('from', t.from, IconArrowBarRight, 'shift+alt+enter')

/** Choose inputs, and the run that it is started like. */
export const runWith: Action = {
  id: 'run.with',
  label: t.choose,
  icon: IconSettingsPlus,
  shortcuts: ['mod+shift+enter'],
  listed: true,
  everywhere: true,
  undoable: false,
  enabled: (state) => state.saving.state !== 'saving',
  perform: (state) => state,
  effect: ({ services }) => services.runWith(),
}

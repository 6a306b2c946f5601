import { IconArrowsMaximize, IconKeyboard, IconPlus, IconZoomIn, IconZoomOut } from '@tabler/icons-react'
import { words } from '~/i18n'
import type { Action } from '../action'
import { type QuickAdd, withPanels } from '../state'

export const fit: Action = {
  id: 'view.fit',
  label: words.editor.actions.fit,
  icon: IconArrowsMaximize,
  shortcuts: ['1', 'mod+1'],
  listed: true,
  undoable: false,
  perform: (state) => state,
  effect: ({ services }) => services.fit(),
}

export const zoomIn: Action = {
  id: 'view.zoomIn',
  label: words.editor.actions.zoomIn,
  icon: IconZoomIn,
  shortcuts: ['plus', '='],
  listed: true,
  undoable: false,
  perform: (state) => state,
  effect: ({ services }) => services.zoom(1.25),
}

export const zoomOut: Action = {
  id: 'view.zoomOut',
  label: words.editor.actions.zoomOut,
  icon: IconZoomOut,
  shortcuts: ['-'],
  listed: true,
  undoable: false,
  perform: (state) => state,
  effect: ({ services }) => services.zoom(0.8),
}

/** The searchable list of node types at a place on the canvas. */
export const openQuickAdd: Action<QuickAdd> = {
  id: 'view.quickAdd.at',
  label: words.editor.actions.quickAdd,
  undoable: false,
  perform: (state, quickAdd) => withPanels(state, { quickAdd }),
}

export const quickAdd: Action = {
  id: 'view.quickAdd',
  label: words.editor.actions.quickAdd,
  icon: IconPlus,
  shortcuts: ['tab'],
  listed: true,
  undoable: false,
  perform: (state) => state,
  effect: ({ services, dispatch }) => dispatch(openQuickAdd, { at: services.place() }),
}

export const help: Action = {
  id: 'view.help',
  label: words.editor.actions.help,
  icon: IconKeyboard,
  shortcuts: ['?'],
  listed: true,
  undoable: false,
  perform: (state) => withPanels(state, { help: !state.panels.help }),
}

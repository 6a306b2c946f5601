import {
  IconAdjustmentsHorizontal,
  IconArrowsMaximize,
  IconKeyboard,
  IconMenu2,
  IconPlus,
  IconSchool,
  IconZoomIn,
  IconZoomOut,
  IconZoomReset,
} from '@tabler/icons-react'
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

export const zoomReset: Action = {
  id: 'view.zoomReset',
  label: words.canvas.actions.zoomReset,
  icon: IconZoomReset,
  shortcuts: ['0', 'mod+0'],
  listed: true,
  undoable: false,
  perform: (state) => state,
  effect: ({ services }) => services.resetZoom(),
}

export const zoomIn: Action = {
  id: 'view.zoomIn',
  label: words.editor.actions.zoomIn,
  icon: IconZoomIn,
  shortcuts: ['plus', '=', 'mod+plus', 'mod+='],
  listed: true,
  undoable: false,
  perform: (state) => state,
  effect: ({ services }) => services.zoom(1.25),
}

export const zoomOut: Action = {
  id: 'view.zoomOut',
  label: words.editor.actions.zoomOut,
  icon: IconZoomOut,
  shortcuts: ['-', 'mod+-'],
  listed: true,
  undoable: false,
  perform: (state) => state,
  effect: ({ services }) => services.zoom(0.8),
}

export const showTour: Action = {
  id: 'tour.show',
  label: words.tour.show,
  icon: IconSchool,
  listed: true,
  undoable: false,
  edits: true,
  perform: (state) => withPanels(state, { tour: true }),
}

/** The searchable list of node types at a place on the canvas. */
export const openQuickAdd: Action<QuickAdd> = {
  id: 'view.quickAdd.at',
  label: words.editor.actions.quickAdd,
  undoable: false,
  edits: true,
  perform: (state, quickAdd) => withPanels(state, { quickAdd }),
}

export const quickAdd: Action = {
  id: 'view.quickAdd',
  label: words.editor.actions.quickAdd,
  icon: IconPlus,
  shortcuts: ['tab'],
  listed: true,
  undoable: false,
  edits: true,
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

export const openMenu: Action = {
  id: 'view.menu',
  label: words.canvas.actions.menu,
  icon: IconMenu2,
  shortcuts: ['shift+f10', 'contextmenu'],
  listed: true,
  undoable: false,
  perform: (state) => state,
  effect: ({ services }) => services.menu(),
}

export const settings: Action = {
  id: 'view.settings',
  label: words.canvas.actions.settings,
  icon: IconAdjustmentsHorizontal,
  listed: true,
  undoable: false,
  perform: (state) => withPanels(state, { settings: true }),
}

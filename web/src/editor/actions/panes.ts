import { words } from '~/i18n'
import type { Action } from '../action'

const PANES = ['[data-pane="palette"]', '[data-canvas]', '[data-pane="inspector"]', '[data-pane="drawer"]']
const CAN_FOCUS =
  'input, button, select, textarea, a[href], [contenteditable="true"], [tabindex]:not([tabindex="-1"])'

function focusInto(pane: HTMLElement): void {
  // The canvas takes the focus itself: its keys are those of the editor.
  if (pane.matches('[data-canvas]')) pane.focus()
  else
    [...pane.querySelectorAll<HTMLElement>(CAN_FOCUS)]
      .find((element) => !element.matches(':disabled') && element.offsetParent !== null)
      ?.focus()
}

/** From area to area with one key, as in other editors. */
function go(id: string, label: string, keys: string, step: 1 | -1): Action {
  return {
    id: `panes.${id}`,
    label,
    shortcuts: [keys],
    listed: true,
    everywhere: true,
    undoable: false,
    perform: (state) => state,
    effect() {
      const shown = PANES.flatMap((selector) => document.querySelector<HTMLElement>(selector) ?? [])
      const now = shown.findIndex((pane) => pane.contains(document.activeElement))
      const next = shown[(Math.max(now, step === 1 ? -1 : 0) + step + shown.length) % shown.length]
      if (next) focusInto(next)
    },
  }
}

export const nextPane = go('next', words.canvas.actions.nextPane, 'f6', 1)
export const previousPane = go('previous', words.canvas.actions.previousPane, 'shift+f6', -1)

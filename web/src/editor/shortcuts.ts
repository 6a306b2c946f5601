import type { ListedAction } from './action'

interface Keys {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  shiftKey: boolean
  altKey: boolean
}

const NAMES: Readonly<Record<string, string>> = {
  mod: 'Ctrl',
  shift: 'Shift',
  alt: 'Alt',
  delete: 'Del',
  backspace: 'Backspace',
  enter: 'Enter',
  escape: 'Esc',
  tab: 'Tab',
  plus: '+',
  pageup: 'Page up',
  pagedown: 'Page down',
  arrowleft: '←',
  arrowright: '→',
  arrowup: '↑',
  arrowdown: '↓',
  contextmenu: 'Menu',
}

/** Does a key press mean this shortcut (`mod+shift+z`)? */
export function matches(event: Keys, shortcut: string): boolean {
  const parts = shortcut.split('+')
  const last = parts.at(-1) ?? ''
  const key = last === 'plus' ? '+' : last
  const held = (name: string) => parts.slice(0, -1).includes(name)
  // A sign such as "?" already holds its Shift.
  const shiftCounts = key.length > 1 || /[a-z0-9]/.test(key)
  return (
    event.key.toLowerCase() === key &&
    held('mod') === (event.ctrlKey || event.metaKey) &&
    held('alt') === event.altKey &&
    (!shiftCounts || held('shift') === event.shiftKey)
  )
}

/** `mod+shift+z` → "Ctrl+Shift+Z". */
export function shortcutText(shortcut: string): string {
  return shortcut
    .split('+')
    .map(
      (part) =>
        NAMES[part] ??
        (part.length === 1 ? part.toUpperCase() : part.charAt(0).toUpperCase() + part.slice(1)),
    )
    .join('+')
}

/** Is the person typing? Then only the keys that work everywhere count. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)
}

/** Tab and Enter belong to the focused control unless the focus is on the canvas or nowhere. */
export function belongsToControl(key: string, target: EventTarget | null): boolean {
  // What is open closes first; what is chosen stays.
  if (key === 'Escape') {
    return (
      target instanceof HTMLElement &&
      target.closest('[role="dialog"], [role="menu"], [aria-expanded="true"]') !== null
    )
  }
  if (!['Tab', 'Enter', ' '].includes(key) || !(target instanceof HTMLElement)) return false
  return target !== document.body && target.closest('[data-canvas]') === null
}

/** A menu has keys of its own: letters find entries, Escape closes it. */
const isInMenu = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('[role="menu"]') !== null

export function actionFor(
  actions: readonly ListedAction[],
  event: Keys & { target: EventTarget | null },
): ListedAction | null {
  if (isInMenu(event.target)) return null
  const typing = isTyping(event.target)
  return (
    actions.find((action) => {
      if (typing && !action.everywhere) return false
      return action.shortcuts?.some(
        (shortcut) =>
          matches(event, shortcut) &&
          (shortcut.includes('mod+') || !belongsToControl(event.key, event.target)),
      )
    }) ?? null
  )
}

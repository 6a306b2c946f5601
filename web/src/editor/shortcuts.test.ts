import { describe, expect, it } from 'vitest'
import { actions } from './actions'
import { actionFor, matches, shortcutText } from './shortcuts'

const press = (
  key: string,
  held: Partial<Record<'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey', boolean>> = {},
) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  target: document.body as EventTarget,
  ...held,
})

describe('shortcuts', () => {
  it('tells keys with and without modifiers apart', () => {
    expect(matches(press('z', { ctrlKey: true }), 'mod+z')).toBe(true)
    expect(matches(press('Z', { ctrlKey: true, shiftKey: true }), 'mod+z')).toBe(false)
    expect(matches(press('Z', { metaKey: true, shiftKey: true }), 'mod+shift+z')).toBe(true)
    expect(matches(press('d', { ctrlKey: true }), 'd')).toBe(false)
    expect(matches(press('?', { shiftKey: true }), '?')).toBe(true)
    expect(matches(press('+', { shiftKey: true }), 'plus')).toBe(true)
    expect(shortcutText('mod+shift+z')).toBe('Ctrl+Shift+Z')
  })

  it('finds the action of a key, and no two actions share one', () => {
    expect(actionFor(actions, press('y', { ctrlKey: true }))?.id).toBe('history.redo')
    expect(actionFor(actions, press('+', { shiftKey: true }))?.id).toBe('view.zoomIn')
    const keys = actions.flatMap((action) => action.shortcuts ?? [])
    expect(new Set(keys).size).toBe(keys.length)
    expect(new Set(actions.map((action) => action.id)).size).toBe(actions.length)
  })

  it('leaves typing alone, but saves and runs from everywhere', () => {
    const input = document.createElement('input')
    expect(actionFor(actions, { ...press('Delete'), target: input })).toBeNull()
    expect(actionFor(actions, { ...press('z', { ctrlKey: true }), target: input })).toBeNull()
    expect(actionFor(actions, { ...press('s', { ctrlKey: true }), target: input })?.id).toBe('document.save')
    expect(actionFor(actions, { ...press('Enter', { ctrlKey: true }), target: input })?.id).toBe(
      'document.run',
    )
  })

  it('leaves Tab to the focused control outside the canvas', () => {
    const button = document.createElement('button')
    document.body.append(button)
    expect(actionFor(actions, { ...press('Tab'), target: button })).toBeNull()
    expect(actionFor(actions, press('Tab'))?.id).toBe('view.quickAdd')
    button.remove()
  })
})

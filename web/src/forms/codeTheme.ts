import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

/** Colours are the theme's variables, so one style serves light and dark. */
const look = EditorView.theme({
  '&': { color: 'var(--cm-text)', backgroundColor: 'transparent', fontSize: 'var(--cm-mono-size)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': {
    fontFamily: 'var(--mantine-font-family-monospace)',
    lineHeight: '18px',
    padding: '5px 0',
    caretColor: 'var(--cm-text)',
  },
  '.cm-line': { padding: '0 10px' },
  '.cm-cursor': { borderLeftColor: 'var(--cm-text)' },
  '.cm-gutters': {
    color: 'var(--cm-muted)',
    backgroundColor: 'transparent',
    border: 'none',
    fontFamily: 'var(--mantine-font-family-monospace)',
  },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'color-mix(in srgb, var(--cm-accent) 26%, transparent)',
  },
  '.cm-placeholder': { color: 'var(--mantine-color-placeholder)' },
  '.cm-template': {
    backgroundColor: 'var(--cm-accent-tint)',
    borderRadius: '3px',
    color: 'var(--cm-accent)',
  },
  '.cm-template *': { color: 'inherit' },
  '.cm-tooltip': {
    border: '1px solid var(--cm-hairline)',
    borderRadius: '6px',
    backgroundColor: 'var(--cm-raised)',
    boxShadow: 'var(--cm-float-shadow)',
    overflow: 'hidden',
  },
  '.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '12px' },
  '.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    background: 'var(--cm-accent-tint)',
    color: 'var(--cm-text)',
  },
  '.cm-completionDetail': { color: 'var(--cm-muted)', fontStyle: 'normal', marginLeft: '12px' },
  '.cm-wrong': {
    backgroundColor: 'var(--cm-status-failed-tint)',
    boxShadow: 'inset 2px 0 var(--cm-status-failed)',
  },
  '.cm-matchingBracket': { backgroundColor: 'var(--cm-accent-tint)', outline: 'none' },
})

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: 'var(--cm-category-logic)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--cm-status-succeeded)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--cm-status-retrying)' },
  { tag: [tags.comment], color: 'var(--cm-muted)', fontStyle: 'italic' },
  { tag: [tags.typeName, tags.standard(tags.name)], color: 'var(--cm-category-http)' },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--cm-accent)' },
  { tag: [tags.function(tags.variableName)], color: 'var(--cm-status-running)' },
])

export const codeTheme = [look, syntaxHighlighting(colours)]

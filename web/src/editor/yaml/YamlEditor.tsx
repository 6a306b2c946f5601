import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { bracketMatching, codeFolding, foldGutter, foldKeymap, indentOnInput } from '@codemirror/language'
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { Annotation, Compartment, EditorState } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view'
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react'
import { codeTheme } from '~/forms/codeTheme'
import { words } from '~/i18n'
import { type Known, yamlCompletion } from './completion'
import type { Place } from './text'

/** Marks what the program put into the text: the person has not typed it. */
const ours = Annotation.define<boolean>()

export interface YamlHandle {
  /** Bring a place into sight; with `focus` the cursor goes there. */
  show(place: Place, focus?: boolean): void
  hasFocus(): boolean
}

interface YamlEditorProps {
  text: string
  diagnostics: readonly Diagnostic[]
  readOnly: boolean
  known(): Known
  onType(text: string): void
  /** The person has put the cursor somewhere. */
  onCursor(offset: number): void
  ref?: Ref<YamlHandle>
}

/** The middle part that differs: what stays around it keeps cursor, selection and folds. */
function difference(before: string, after: string): { from: number; to: number; insert: string } {
  const most = Math.min(before.length, after.length)
  let start = 0
  while (start < most && before.charCodeAt(start) === after.charCodeAt(start)) start += 1
  let end = 0
  while (
    end < most - start &&
    before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)
  )
    end += 1
  return { from: start, to: before.length - end, insert: after.slice(start, after.length - end) }
}

const editable = (readOnly: boolean) => [EditorState.readOnly.of(readOnly), EditorView.editable.of(!readOnly)]

/** CodeMirror for the text of a workflow: completion, search, folds, problems at their lines. */
export default function YamlEditor(props: YamlEditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const latest = useRef(props)
  latest.current = props
  const compartment = useRef(new Compartment())

  useEffect(() => {
    if (!host.current) return
    const created = new EditorView({
      parent: host.current,
      doc: latest.current.text,
      extensions: [
        compartment.current.of(editable(latest.current.readOnly)),
        EditorView.contentAttributes.of({ 'aria-label': words.yaml.label }),
        history(),
        lineNumbers(),
        foldGutter(),
        codeFolding(),
        lintGutter(),
        drawSelection(),
        highlightActiveLine(),
        highlightSelectionMatches(),
        bracketMatching(),
        closeBrackets(),
        indentOnInput(),
        yaml(),
        search({ top: true }),
        autocompletion({ override: [yamlCompletion(() => latest.current.known())], icons: false }),
        keymap.of([
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...searchKeymap,
          ...historyKeymap,
          ...foldKeymap,
          ...lintKeymap,
          indentWithTab,
          // Ctrl+Enter runs the workflow, also from here.
          ...defaultKeymap.filter((binding) => binding.key !== 'Mod-Enter'),
        ]),
        EditorView.updateListener.of((update) => {
          const own = update.transactions.some((one) => one.annotation(ours))
          if (own) return
          if (update.docChanged) latest.current.onType(update.state.doc.toString())
          else if (update.selectionSet && update.view.hasFocus)
            latest.current.onCursor(update.state.selection.main.head)
        }),
        codeTheme,
        EditorView.theme({
          '&': { height: '100%' },
          '.cm-scroller': { overflow: 'auto' },
          '.cm-activeLine, .cm-activeLineGutter': {
            backgroundColor: 'color-mix(in srgb, var(--cm-accent) 9%, transparent)',
          },
        }),
      ],
    })
    view.current = created
    return () => {
      created.destroy()
      view.current = null
    }
  }, [])

  useEffect(() => {
    view.current?.dispatch({ effects: compartment.current.reconfigure(editable(props.readOnly)) })
  }, [props.readOnly])

  useEffect(() => {
    const editor = view.current
    if (!editor) return
    const shown = editor.state.doc.toString()
    if (shown === props.text) return
    editor.dispatch({ changes: difference(shown, props.text), annotations: ours.of(true) })
  }, [props.text])

  useEffect(() => {
    const editor = view.current
    if (!editor) return
    const most = editor.state.doc.length
    // They are of the text as it was a moment ago.
    const within = props.diagnostics.filter(({ to }) => to <= most)
    editor.dispatch(setDiagnostics(editor.state, within))
  }, [props.diagnostics])

  useImperativeHandle(
    props.ref,
    () => ({
      show({ from }, focus = false) {
        const editor = view.current
        if (!editor || from > editor.state.doc.length) return
        editor.dispatch({
          selection: { anchor: from },
          effects: EditorView.scrollIntoView(from, { y: 'center' }),
          annotations: ours.of(true),
        })
        if (focus) editor.focus()
      },
      hasFocus: () => view.current?.hasFocus ?? false,
    }),
    [],
  )
  return <div ref={host} style={{ height: '100%' }} />
}

import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { bracketMatching, indentOnInput } from '@codemirror/language'
import { Compartment, EditorState, type Extension } from '@codemirror/state'
import {
  Decoration,
  drawSelection,
  EditorView,
  keymap,
  lineNumbers,
  placeholder as placeholderText,
} from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { codeTheme } from './codeTheme'
import type { Suggestions } from './context'
import { completionSources, type Language, languageOf } from './languages'
import { templates } from './templates'

export interface CodeMirrorProps {
  value: string
  onChange?(value: string): void
  language: Language
  /** Enter ends the input; the text wraps. */
  singleLine?: boolean
  readOnly?: boolean
  numbers?: boolean
  placeholder?: string
  /** Least and greatest height, in lines. */
  lines?: readonly [number, number]
  labelledBy?: string
  describedBy?: string
  invalid?: boolean
  suggestions?: Suggestions
  /** Takes the focus at once; the cursor goes into empty braces. */
  autoFocus?: boolean
  /** Line (from 1) that is wrong. */
  errorLine?: number
}

const LINE = 18
/** Ctrl+Enter runs the workflow, also from here. */
const ownKeys = defaultKeymap.filter((binding) => binding.key !== 'Mod-Enter')

function attributes(props: CodeMirrorProps): Extension {
  const named: Record<string, string> = { 'aria-multiline': String(!props.singleLine) }
  if (props.labelledBy) named['aria-labelledby'] = props.labelledBy
  if (props.describedBy) named['aria-describedby'] = props.describedBy
  if (props.invalid) named['aria-invalid'] = 'true'
  return EditorView.contentAttributes.of(named)
}

function changing(props: CodeMirrorProps): Extension {
  const readOnly = props.readOnly ?? false
  return [
    attributes(props),
    wrongLine(props.errorLine),
    EditorState.readOnly.of(readOnly),
    EditorView.editable.of(!readOnly),
  ]
}

function height([least, most]: readonly [number, number]): Extension {
  return EditorView.theme({
    '.cm-content, .cm-gutter': { minHeight: `${least * LINE + 10}px` },
    '.cm-scroller': {
      maxHeight: most === Number.POSITIVE_INFINITY ? '100%' : `${most * LINE + 10}px`,
      overflow: 'auto',
    },
  })
}

const wrong = Decoration.line({ class: 'cm-wrong' })

function wrongLine(number: number | undefined): Extension {
  if (number === undefined) return []
  return EditorView.decorations.of((view) =>
    number >= 1 && number <= view.state.doc.lines
      ? Decoration.set([wrong.range(view.state.doc.line(number).from)])
      : Decoration.none,
  )
}

/** CodeMirror 6 with what a field needs, and no more. */
export default function CodeMirror(props: CodeMirrorProps) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView | null>(null)
  const latest = useRef(props)
  latest.current = props
  const compartment = useRef(new Compartment())

  useEffect(() => {
    if (!host.current) return
    const { value, language, numbers, placeholder, lines } = latest.current
    // A text that already has lines keeps them.
    const singleLine = latest.current.singleLine && !value.includes('\n')
    const extensions: Extension[] = [
      compartment.current.of(changing(latest.current)),
      history(),
      drawSelection(),
      bracketMatching(),
      closeBrackets(),
      indentOnInput(),
      languageOf(language),
      language === 'json' || language === 'yaml' || language === 'python' ? [] : templates,
      autocompletion({
        override: completionSources(language, () => latest.current.suggestions),
        icons: false,
      }),
      keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...ownKeys]),
      EditorView.lineWrapping,
      EditorView.updateListener.of((update) => {
        if (update.docChanged) latest.current.onChange?.(update.state.doc.toString())
      }),
      codeTheme,
      height(lines ?? (singleLine ? [1, 6] : [4, 24])),
    ]
    if (numbers) extensions.push(lineNumbers())
    if (placeholder) extensions.push(placeholderText(placeholder))
    // One-line texts stay on one line: a pasted line break becomes a space.
    if (singleLine)
      extensions.push(EditorState.transactionFilter.of((change) => (change.newDoc.lines > 1 ? [] : change)))
    const created = new EditorView({ parent: host.current, doc: value, extensions })
    view.current = created
    if (latest.current.autoFocus) {
      created.focus()
      const braces = value.indexOf('{{  }}')
      created.dispatch({ selection: { anchor: braces < 0 ? value.length : braces + 3 } })
    }
    return () => {
      created.destroy()
      view.current = null
    }
  }, [])

  // biome-ignore lint/correctness/useExhaustiveDependencies: these are what the compartment holds.
  useEffect(() => {
    view.current?.dispatch({ effects: compartment.current.reconfigure(changing(latest.current)) })
  }, [props.readOnly, props.invalid, props.labelledBy, props.describedBy, props.errorLine])

  useEffect(() => {
    const editor = view.current
    const shown = editor?.state.doc.toString()
    // Only what came from outside (undo, another node): own typing is already there.
    if (editor && shown !== props.value)
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: props.value } })
  }, [props.value])

  return <div ref={host} />
}

import type {
  Completion,
  CompletionContext,
  CompletionResult,
  CompletionSource,
} from '@codemirror/autocomplete'
import { json } from '@codemirror/lang-json'
import { python } from '@codemirror/lang-python'
import { keywordCompletionSource, PostgreSQL, schemaCompletionSource, sql } from '@codemirror/lang-sql'
import { yaml } from '@codemirror/lang-yaml'
import type { Extension } from '@codemirror/state'
import { words } from '~/i18n'
import type { Suggestions } from './context'

export type Language = 'sql' | 'expression' | 'template' | 'python' | 'json' | 'yaml' | 'text'

export function languageOf(language: Language): Extension {
  switch (language) {
    case 'sql':
    case 'expression':
      return sql({ dialect: PostgreSQL })
    case 'python':
      return python()
    case 'json':
      return json()
    case 'yaml':
      return yaml()
    default:
      return []
  }
}

/** Is the cursor between `{{` and `}}`? */
function insideTemplate(context: CompletionContext): boolean {
  const before = context.state.sliceDoc(Math.max(0, context.pos - 400), context.pos)
  return before.lastIndexOf('{{') > before.lastIndexOf('}}')
}

/** A path as far as it is written: `nodes.read`, `input['two words'].x`, `item.list[0]`. */
const PATH = /[A-Za-z_](?:[\w.]|\['[^']*'?\]?|\[\d*\]?)*/
const IN_PATH = /^[\w.'[\] ]*$/

function pathSource(read: () => Suggestions | undefined): CompletionSource {
  return (context): CompletionResult | null => {
    if (!insideTemplate(context) || context.matchBefore(/(\||\bis( not)?\s)\s*\w*/)) return null
    const word = context.matchBefore(PATH)
    if (!word && !context.explicit) return null
    const options: Completion[] = (read()?.paths ?? []).map(({ label, detail }) => ({
      label,
      detail,
      type: 'variable',
    }))
    return { from: word?.from ?? context.pos, options, validFor: IN_PATH }
  }
}

/** Behind `|` the filters, behind `is` the tests. */
function filterSource(read: () => Suggestions | undefined): CompletionSource {
  return (context): CompletionResult | null => {
    if (!insideTemplate(context)) return null
    const piped = context.matchBefore(/\|\s*\w*/)
    const asked = piped ? null : context.matchBefore(/\bis( not)?\s+\w*/)
    if (!piped && !asked) return null
    const from = context.matchBefore(/\w*/)?.from ?? context.pos
    const options: Completion[] = piped
      ? (read()?.filters ?? []).map(({ name, parameters }) => ({
          label: name,
          detail: parameters.length > 0 ? `(${parameters.join(', ')})` : words.editor.form.filter,
          type: 'function',
        }))
      : (read()?.tests ?? []).map((label) => ({
          label,
          detail: words.editor.form.test,
          type: 'function',
        }))
    return { from, options, validFor: /^\w*$/ }
  }
}

function columnSource(read: () => Suggestions | undefined): CompletionSource {
  return (context) => {
    const word = context.matchBefore(/\w+/)
    if (insideTemplate(context) || (!word && !context.explicit)) return null
    const options = (read()?.columns ?? []).map(
      (label): Completion => ({ label, type: 'property', detail: words.editor.form.column }),
    )
    return { from: word?.from ?? context.pos, options, validFor: /^\w*$/ }
  }
}

/** Outside `{{ }}` only: there paths count. */
function outside(source: CompletionSource): CompletionSource {
  return (context) => (insideTemplate(context) ? null : source(context))
}

export function completionSources(
  language: Language,
  read: () => Suggestions | undefined,
): CompletionSource[] {
  switch (language) {
    case 'sql':
      return [
        pathSource(read),
        filterSource(read),
        outside((context) =>
          schemaCompletionSource({ dialect: PostgreSQL, schema: { ...read()?.tables } })(context),
        ),
        columnSource(read),
        outside(keywordCompletionSource(PostgreSQL, false)),
      ]
    case 'expression':
      return [pathSource(read), filterSource(read), columnSource(read)]
    case 'template':
      return [pathSource(read), filterSource(read)]
    default:
      return []
  }
}

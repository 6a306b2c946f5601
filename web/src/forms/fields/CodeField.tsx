import { CodeEditor } from '../CodeEditor'
import { useForm } from '../context'
import { lineOf, problemsAt } from '../errors'
import type { Language } from '../languages'
import { asText, type ControlProps, placeholderOf } from './control'

const LANGUAGES: Readonly<Record<string, Language>> = {
  python: 'python',
  json: 'json',
  yaml: 'yaml',
  sql: 'sql',
  jinja: 'template',
}

/** Code in the language the schema names (`x-lang`). */
export function CodeField({ field, value, onChange, pointer, ids, describedBy, invalid }: ControlProps) {
  const { suggestions, readOnly, problems } = useForm()
  const lang = field.schema['x-lang']
  return (
    <CodeEditor
      language={LANGUAGES[typeof lang === 'string' ? lang : ''] ?? 'text'}
      numbers
      value={asText(value)}
      onChange={(text) => onChange(text === '' ? undefined : text)}
      placeholder={placeholderOf(field)}
      labelledBy={ids.label}
      describedBy={describedBy}
      invalid={invalid}
      readOnly={readOnly}
      suggestions={suggestions}
      errorLine={lineOf(problemsAt(problems, pointer, false))}
      fullTitle={field.title}
      lines={[6, 24]}
    />
  )
}

import { CodeEditor } from '../CodeEditor'
import { useForm } from '../context'
import { asText, type ControlProps, placeholderOf } from './control'

/** A query: completes the tables that arrive and their columns, and paths inside `{{ }}`. */
export function SqlField({ field, value, onChange, ids, describedBy, invalid }: ControlProps) {
  const { suggestions, readOnly } = useForm()
  return (
    <CodeEditor
      language="sql"
      value={asText(value)}
      onChange={(text) => onChange(text === '' ? undefined : text)}
      placeholder={placeholderOf(field)}
      labelledBy={ids.label}
      describedBy={describedBy}
      invalid={invalid}
      readOnly={readOnly}
      suggestions={suggestions}
      fullTitle={field.schema['x-row'] ? undefined : field.title}
      // In a row of a list or map it is a measure, not a query.
      lines={field.schema['x-row'] ? [1, 8] : [6, 20]}
    />
  )
}

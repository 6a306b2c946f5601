import { CodeEditor } from '../CodeEditor'
import { useForm } from '../context'
import { asText, type ControlProps, placeholderOf } from './control'

/** An expression: of columns where the schema asks for one, else a value with `{{ }}`. */
export function ExpressionField({ field, value, onChange, ids, describedBy, invalid, start }: ControlProps) {
  const { suggestions, readOnly } = useForm()
  return (
    <CodeEditor
      language={field.format === 'expression' ? 'expression' : 'template'}
      singleLine
      value={asText(value)}
      onChange={(text) => onChange(text === '' ? undefined : text)}
      placeholder={placeholderOf(field)}
      labelledBy={ids.label}
      describedBy={describedBy}
      invalid={invalid}
      readOnly={readOnly}
      suggestions={suggestions}
      fullTitle={field.schema['x-row'] ? undefined : field.title}
      autoFocus={start}
    />
  )
}

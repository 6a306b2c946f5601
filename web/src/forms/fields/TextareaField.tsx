import { CodeEditor } from '../CodeEditor'
import { useForm } from '../context'
import { asText, type ControlProps, placeholderOf } from './control'

/** Longer text; `{{ }}` in it is highlighted and completed. */
export function TextareaField({ field, value, onChange, ids, describedBy, invalid }: ControlProps) {
  const { suggestions, readOnly, expressions } = useForm()
  return (
    <CodeEditor
      language={expressions && field.expression ? 'template' : 'text'}
      value={asText(value)}
      onChange={(text) => onChange(text === '' ? undefined : text)}
      placeholder={placeholderOf(field)}
      labelledBy={ids.label}
      describedBy={describedBy}
      invalid={invalid}
      readOnly={readOnly}
      suggestions={suggestions}
      fullTitle={field.schema['x-row'] ? undefined : field.title}
      lines={field.schema['x-row'] ? [1, 6] : [3, 14]}
    />
  )
}

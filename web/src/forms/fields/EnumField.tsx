import { Select } from '@mantine/core'
import { words } from '~/i18n'
import { isObject, type Json } from '~/model/json'
import { useForm } from '../context'
import { type ControlProps, placeholderOf } from './control'

const key = (value: Json) => JSON.stringify(value)

/** `x-labels` gives values words of their own. */
function show(value: Json, labels: Json | undefined): string {
  const name = typeof value === 'string' ? value : JSON.stringify(value)
  const label = isObject(labels) ? labels[name] : undefined
  return typeof label === 'string' ? label : name
}

export function EnumField({ field, value, onChange, ids, describedBy, invalid }: ControlProps) {
  const { readOnly } = useForm()
  const options = field.options.filter((option) => option !== null)
  return (
    <Select
      id={ids.control}
      data={options.map((option) => ({ value: key(option), label: show(option, field.schema['x-labels']) }))}
      value={value === undefined || value === null ? null : key(value)}
      placeholder={placeholderOf(field) || words.editor.form.choose}
      searchable={options.length > 8}
      clearable={value !== undefined}
      clearButtonProps={{ 'aria-label': words.editor.form.clear }}
      readOnly={readOnly}
      comboboxProps={{ withinPortal: true }}
      aria-describedby={describedBy}
      error={invalid}
      onChange={(next) =>
        onChange(next === null ? undefined : options.find((option) => key(option) === next))
      }
    />
  )
}

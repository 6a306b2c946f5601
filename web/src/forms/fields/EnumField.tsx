import { Select } from '@mantine/core'
import { words } from '~/i18n'
import type { Json } from '~/model/json'
import { useForm } from '../context'
import { type ControlProps, placeholderOf } from './control'

const key = (value: Json) => JSON.stringify(value)
const show = (value: Json) => (typeof value === 'string' ? value : JSON.stringify(value))

export function EnumField({ field, value, onChange, ids, describedBy, invalid }: ControlProps) {
  const { readOnly } = useForm()
  const options = field.options.filter((option) => option !== null)
  return (
    <Select
      id={ids.control}
      data={options.map((option) => ({ value: key(option), label: show(option) }))}
      value={value === undefined || value === null ? null : key(value)}
      placeholder={placeholderOf(field) || words.editor.form.choose}
      searchable={options.length > 8}
      clearable={value !== undefined}
      clearButtonProps={{ 'aria-label': words.editor.form.clear }}
      readOnly={readOnly}
      comboboxProps={{ withinPortal: true }}
      aria-describedby={describedBy}
      aria-invalid={invalid || undefined}
      onChange={(next) =>
        onChange(next === null ? undefined : options.find((option) => key(option) === next))
      }
    />
  )
}

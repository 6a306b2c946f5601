import { PasswordInput, TextInput } from '@mantine/core'
import { useForm } from '../context'
import { asText, type ControlProps, placeholderOf } from './control'

export function StringField({ field, value, onChange, ids, describedBy, invalid }: ControlProps) {
  const { readOnly } = useForm()
  const secret = field.format === 'password' || field.schema.writeOnly === true
  const Input = secret ? PasswordInput : TextInput
  return (
    <Input
      id={ids.control}
      value={asText(value)}
      placeholder={placeholderOf(field)}
      readOnly={readOnly}
      aria-describedby={describedBy}
      error={invalid}
      spellCheck={false}
      autoComplete="off"
      onChange={(event) => onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
    />
  )
}

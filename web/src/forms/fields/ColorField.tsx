import { ColorInput } from '@mantine/core'
import { useForm } from '../context'
import { asText, type ControlProps, placeholderOf } from './control'

export function ColorField({ field, value, onChange, ids, describedBy, invalid }: ControlProps) {
  const { readOnly } = useForm()
  return (
    <ColorInput
      id={ids.control}
      value={asText(value)}
      placeholder={placeholderOf(field)}
      readOnly={readOnly}
      aria-describedby={describedBy}
      error={invalid}
      eyeDropperButtonProps={{ 'aria-label': field.title }}
      onChange={(next) => onChange(next === '' ? undefined : next)}
    />
  )
}

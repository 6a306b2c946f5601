import { TextInput } from '@mantine/core'
import { IconFile } from '@tabler/icons-react'
import { useForm } from '../context'
import { asText, type ControlProps, placeholderOf } from './control'

/** A path in the workspace. */
export function PathField({ field, value, onChange, ids, describedBy, invalid }: ControlProps) {
  const { readOnly } = useForm()
  return (
    <TextInput
      id={ids.control}
      value={asText(value)}
      placeholder={placeholderOf(field)}
      leftSection={<IconFile size={14} stroke={1.8} aria-hidden />}
      classNames={{ input: 'cm-mono' }}
      readOnly={readOnly}
      aria-describedby={describedBy}
      error={invalid}
      spellCheck={false}
      autoComplete="off"
      onChange={(event) => onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
    />
  )
}

import { PasswordInput, TextInput } from '@mantine/core'
import { words } from '~/i18n'
import { useForm } from '../context'
import { FieldNote } from '../FieldNote'
import { asText, type ControlProps, placeholderOf } from './control'

export function StringField({ field, value, onChange, ids, describedBy, invalid }: ControlProps) {
  const { readOnly, expressions } = useForm()
  const secret = field.format === 'password' || field.schema.writeOnly === true
  const Input = secret ? PasswordInput : TextInput
  return (
    <>
      <Input
        id={ids.control}
        value={asText(value)}
        placeholder={placeholderOf(field)}
        readOnly={readOnly}
        aria-describedby={describedBy}
        error={invalid}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) =>
          onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)
        }
      />
      {secret && expressions ? <FieldNote>{words.editor.form.secretHelp}</FieldNote> : null}
    </>
  )
}

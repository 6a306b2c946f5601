import { ActionIcon, TextInput } from '@mantine/core'
import { IconExternalLink } from '@tabler/icons-react'
import { words } from '~/i18n'
import { useForm } from '../context'
import { FieldNote } from '../FieldNote'
import { asText, type ControlProps, placeholderOf } from './control'

const t = words.editor.form

/** An address; one of the web can be opened. */
export function UriField({ field, value, onChange, ids, describedBy, invalid }: ControlProps) {
  const { readOnly } = useForm()
  const text = asText(value)
  const whole = /^[a-z][a-z0-9+.-]*:\S+$/i.test(text)
  return (
    <>
      <TextInput
        id={ids.control}
        value={text}
        placeholder={placeholderOf(field) || 'https://'}
        readOnly={readOnly}
        aria-describedby={describedBy}
        error={invalid}
        spellCheck={false}
        inputMode="url"
        rightSection={
          /^https?:/i.test(text) && whole ? (
            <ActionIcon component="a" href={text} target="_blank" rel="noreferrer" aria-label={t.openLink}>
              <IconExternalLink size={15} stroke={1.8} />
            </ActionIcon>
          ) : null
        }
        onChange={(event) =>
          onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)
        }
      />
      {text !== '' && !whole && !text.includes('{{') && !invalid ? (
        <FieldNote tone="warning">{t.notUri}</FieldNote>
      ) : null}
    </>
  )
}

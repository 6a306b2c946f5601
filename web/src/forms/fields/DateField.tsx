import { TextInput } from '@mantine/core'
import { words } from '~/i18n'
import { useForm } from '../context'
import { FieldNote } from '../FieldNote'
import { fromLocal, toLocal } from '../moments'
import { asText, type ControlProps, placeholderOf } from './control'

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone

/** A moment is picked in local time and stored with its offset. */
export function DateTimeField(props: ControlProps) {
  const text = asText(props.value)
  const local = toLocal(text)
  // What the picker cannot show is kept as it is written.
  if (text !== '' && local === null)
    return <Picked {...props} type="text" shown={text} write={(next) => next} />
  return (
    <>
      <Picked {...props} type="datetime-local" shown={local ?? ''} write={fromLocal} />
      <FieldNote>{words.editor.form.localTime(ZONE)}</FieldNote>
    </>
  )
}

export const DateField = (props: ControlProps) => (
  <Picked {...props} type="date" shown={asText(props.value)} write={(next) => next} />
)

export const TimeField = (props: ControlProps) => (
  <Picked {...props} type="time" shown={asText(props.value)} write={(next) => next} />
)

interface PickedProps extends ControlProps {
  type: string
  shown: string
  write(text: string): string
}

function Picked({ field, onChange, ids, describedBy, invalid, type, shown, write }: PickedProps) {
  const { readOnly } = useForm()
  return (
    <TextInput
      id={ids.control}
      type={type}
      step={type === 'text' || type === 'date' ? undefined : 1}
      value={shown}
      placeholder={placeholderOf(field)}
      readOnly={readOnly}
      aria-describedby={describedBy}
      error={invalid}
      onChange={(event) => {
        const next = event.currentTarget.value
        onChange(next === '' ? undefined : write(next))
      }}
    />
  )
}

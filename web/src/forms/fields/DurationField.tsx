import { TextInput } from '@mantine/core'
import { words } from '~/i18n'
import { useForm } from '../context'
import classes from '../forms.module.css'
import { asText, type ControlProps, placeholderOf } from './control'

const DURATION = /^(\d+(\.\d+)?(ms|s|m|h|d)|P.+)$/

/** `30s`, `5m`, `2h`; a wrong one is said at once, the server has the last word. */
export function DurationField({ field, value, onChange, ids, describedBy, invalid }: ControlProps) {
  const { readOnly } = useForm()
  const text = asText(value)
  const wrong = text !== '' && !text.includes('{{') && !DURATION.test(text)
  return (
    <>
      <TextInput
        id={ids.control}
        value={text}
        placeholder={placeholderOf(field) || words.editor.form.durationExample}
        readOnly={readOnly}
        aria-describedby={describedBy}
        error={invalid || wrong}
        spellCheck={false}
        onChange={(event) =>
          onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)
        }
      />
      {wrong && !invalid ? <div className={classes.problem}>{words.editor.form.durationHelp}</div> : null}
    </>
  )
}

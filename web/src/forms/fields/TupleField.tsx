import { words } from '~/i18n'
import { pointerOf } from '~/model/json'
import { Field } from '../Field'
import classes from '../forms.module.css'
import type { ControlProps } from './control'

/** A list of fixed length, each part with a schema of its own. */
export function TupleField({ field, value, onChange, pointer }: ControlProps) {
  const parts = Array.isArray(value) ? value : []
  return (
    <div className={`${classes.form} ${classes.nested}`}>
      {field.parts.map((schema, index) => (
        <Field
          // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place.
          key={index}
          name={words.editor.form.position(index + 1)}
          schema={schema}
          required
          value={parts[index] ?? undefined}
          pointer={`${pointer}${pointerOf(index)}`}
          onChange={(next) => {
            const all = field.parts.map((_, at) => (at === index ? (next ?? null) : (parts[at] ?? null)))
            onChange(all.every((part) => part === null) ? undefined : all)
          }}
        />
      ))}
    </div>
  )
}

import { useId } from 'react'
import { words } from '~/i18n'
import { isObject, type JsonObject } from '~/model/json'
import { FieldFrame, frameIds } from './FieldFrame'
import { JsonField } from './fields/JsonField'
import { normalise } from './normalise'

interface RawFormProps {
  value: JsonObject
  onChange(value: JsonObject): void
  pointer: string
}

const ANY = normalise({ type: 'object', 'x-expression': false }, {})
const NONE: never[] = []

/** The whole of a form as JSON, for what is pasted or has no field. */
export function RawForm({ value, onChange, pointer }: RawFormProps) {
  const ids = frameIds(useId())
  return (
    <FieldFrame
      ids={ids}
      pointer={pointer}
      label={words.editor.form.jsonOf}
      description=""
      required={false}
      problems={NONE}
    >
      <JsonField
        field={ANY}
        value={value}
        pointer={pointer}
        ids={ids}
        describedBy={undefined}
        invalid={false}
        onChange={(next) => {
          // Half-way to an object nothing changes.
          if (next === undefined) onChange({})
          else if (isObject(next)) onChange(next)
        }}
      />
    </FieldFrame>
  )
}

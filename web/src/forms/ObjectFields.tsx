import { type JsonObject, pointerOf } from '~/model/json'
import { Field } from './Field'
import { isShown, propertiesOf } from './normalise'

interface ObjectFieldsProps {
  schema: JsonObject
  value: JsonObject
  onChange(value: JsonObject): void
  pointer: string
  /** A property that tells the variant of a union: the picker sets it. */
  hidden?: string | null
}

/** The fields of an object; a cleared field takes its key out. */
export function ObjectFields({ schema, value, onChange, pointer, hidden = null }: ObjectFieldsProps) {
  const shown = propertiesOf(schema, hidden).filter((property) => isShown(property.schema, value))
  return shown.map((property) => (
    <Field
      key={property.name}
      name={property.name}
      schema={property.schema}
      required={property.required}
      value={value[property.name]}
      pointer={`${pointer}${pointerOf(property.name)}`}
      onChange={(next) => {
        const { [property.name]: _, ...others } = value
        onChange(next === undefined ? others : { ...value, [property.name]: next })
      }}
    />
  ))
}

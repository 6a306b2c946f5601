import { NumberInput } from '@mantine/core'
import type { JsonObject } from '~/model/json'
import { useForm } from '../context'
import { type ControlProps, placeholderOf } from './control'

const numberAt = (schema: JsonObject, key: string): number | undefined => {
  const value = schema[key]
  return typeof value === 'number' ? value : undefined
}

export function NumberField({ field, value, onChange, ids, describedBy, invalid }: ControlProps) {
  const { readOnly } = useForm()
  const { schema } = field
  return (
    <NumberInput
      id={ids.control}
      value={typeof value === 'number' || typeof value === 'string' ? value : ''}
      placeholder={placeholderOf(field)}
      min={numberAt(schema, 'minimum') ?? numberAt(schema, 'exclusiveMinimum')}
      max={numberAt(schema, 'maximum') ?? numberAt(schema, 'exclusiveMaximum')}
      step={numberAt(schema, 'multipleOf') ?? 1}
      allowDecimal={schema.type !== 'integer'}
      clampBehavior="none"
      readOnly={readOnly}
      aria-describedby={describedBy}
      error={invalid}
      onChange={(next) => onChange(next === '' ? undefined : next)}
    />
  )
}

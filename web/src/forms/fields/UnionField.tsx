import { SegmentedControl, Select } from '@mantine/core'
import { useState } from 'react'
import { words } from '~/i18n'
import { isObject, type Json } from '~/model/json'
import { useForm } from '../context'
import { Field } from '../Field'
import classes from '../forms.module.css'
import { normalise, type Variant, variantFor } from '../normalise'
import { ObjectFields } from '../ObjectFields'
import type { ControlProps } from './control'

/** What a variant starts with, so that the document says which one it is. */
function start(variant: Variant): Json | undefined {
  return variant.tag ? { [variant.tag.key]: variant.tag.value } : undefined
}

/** Several shapes: a picker, and under it the fields of the picked one. */
export function UnionField({ field, value, onChange, pointer, ids }: ControlProps) {
  const { readOnly, root } = useForm()
  const found = variantFor(field.variants, value)
  const [picked, setPicked] = useState<number | null>(null)
  const index = value === undefined && picked !== null ? picked : found
  const variant = field.variants[index]
  const data = field.variants.map((option, at) => ({ value: String(at), label: option.title }))
  const pick = (next: string | null) => {
    const chosen = field.variants[Number(next)]
    if (!chosen || Number(next) === index) return
    setPicked(Number(next))
    onChange(start(chosen))
  }
  const inner = variant ? normalise(variant.schema, root) : null
  return (
    <div className={classes.rows}>
      {data.length <= 4 ? (
        <SegmentedControl
          data={data}
          value={String(index)}
          onChange={pick}
          readOnly={readOnly}
          aria-labelledby={ids.label}
        />
      ) : (
        <Select
          data={data}
          value={String(index)}
          onChange={pick}
          readOnly={readOnly}
          aria-label={words.editor.form.kind}
        />
      )}
      {variant && inner?.kind === 'object' ? (
        <div className={`${classes.form} ${classes.nested}`}>
          <ObjectFields
            schema={inner.schema}
            value={isObject(value) ? value : {}}
            pointer={pointer}
            hidden={variant.tag?.key ?? null}
            onChange={(next) =>
              onChange(variant.tag ? { ...next, [variant.tag.key]: variant.tag.value } : next)
            }
          />
        </div>
      ) : variant ? (
        <Field
          name={variant.title}
          schema={{ ...variant.schema, title: variant.title, 'x-expression': false }}
          value={value}
          onChange={onChange}
          pointer={pointer}
          required={false}
        />
      ) : null}
    </div>
  )
}

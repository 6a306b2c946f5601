import { isObject } from '~/model/json'
import classes from '../forms.module.css'
import { ObjectFields } from '../ObjectFields'
import type { ControlProps } from './control'

export function ObjectField({ field, value, onChange, pointer }: ControlProps) {
  return (
    <div className={`${classes.form} ${classes.nested}`}>
      <ObjectFields
        schema={field.schema}
        value={isObject(value) ? value : {}}
        pointer={pointer}
        onChange={(next) => onChange(Object.keys(next).length === 0 ? undefined : next)}
      />
    </div>
  )
}

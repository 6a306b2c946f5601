import { type ReactNode, useContext, useEffect, useMemo, useRef } from 'react'
import { isObject, type JsonObject, pointerOf } from '~/model/json'
import type { Problem } from '~/model/workflow'
import {
  type Asking,
  FormContext,
  type FormScene,
  NO_SUGGESTIONS,
  ReadOnlyForms,
  type Suggestions,
} from './context'
import { unplaced } from './errors'
import classes from './forms.module.css'
import { propertiesOf, resolve } from './normalise'
import { ObjectFields } from './ObjectFields'

export interface SchemaFormProps {
  /** JSON Schema (draft 2020-12) of an object. */
  schema: JsonObject
  value: JsonObject
  onChange(value: JsonObject): void
  problems?: readonly Problem[]
  /** Where `value` stands in the document the problems speak of, e.g. `/nodes/late/config`. */
  pointerPrefix?: string
  /** May fields hold `{{ }}`? Not where a person gives plain values, as in the run form. */
  expressions?: boolean
  suggestions?: Suggestions
  /** Where the options of fields come from that name a function. */
  asking?: Asking
  /** Without it: as the page around says (`ReadOnlyForms`). */
  readOnly?: boolean
  /** Pointer of the field to bring into view. */
  focus?: string | null
  /** Said when the schema has no fields. */
  empty?: ReactNode
}

const NONE: readonly Problem[] = []

/** A form made from a JSON Schema alone; the server validates. */
export function SchemaForm(props: SchemaFormProps) {
  const { schema, value, onChange, problems = NONE, pointerPrefix = '', expressions = true, focus } = props
  const { suggestions = NO_SUGGESTIONS, asking = null } = props
  const around = useContext(ReadOnlyForms)
  const readOnly = props.readOnly ?? around
  const scene = useMemo<FormScene>(
    () => ({ root: schema, problems, expressions, suggestions, readOnly, asking }),
    [schema, problems, expressions, suggestions, readOnly, asking],
  )
  const form = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (focus && form.current) reveal(form.current, focus)
  }, [focus])
  const object = resolve(schema, schema)
  const names = propertiesOf(object, null).map((property) => `${pointerPrefix}${pointerOf(property.name)}`)
  const loose = isObject(object.additionalProperties) ? NONE : unplaced(problems, pointerPrefix, names)
  return (
    <FormContext value={scene}>
      <div ref={form} className={classes.form}>
        {loose.map((problem) => (
          <div
            key={`${problem.pointer} ${problem.message}`}
            className={classes.problem}
            data-severity={problem.severity}
            role="alert"
          >
            {problem.message}
            {problem.fix ? <span className={classes.fix}> {problem.fix}</span> : null}
          </div>
        ))}
        {names.length === 0 ? (
          props.empty
        ) : (
          <ObjectFields schema={object} value={value} onChange={onChange} pointer={pointerPrefix} />
        )}
      </div>
    </FormContext>
  )
}

/** Scroll to the field of a pointer, or to the nearest one around it, and put the cursor there. */
function reveal(form: HTMLElement, pointer: string): void {
  for (let place = pointer; place !== ''; place = place.slice(0, place.lastIndexOf('/'))) {
    const field = form.querySelector<HTMLElement>(`[data-pointer="${CSS.escape(place)}"]`)
    if (!field) continue
    field.scrollIntoView({ block: 'center' })
    field
      .querySelector<HTMLElement>('input, textarea, [contenteditable="true"]')
      ?.focus({ preventScroll: true })
    return
  }
}

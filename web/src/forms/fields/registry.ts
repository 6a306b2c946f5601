import type { ComponentType } from 'react'
import type { Field } from '../normalise'
import { optionsOf } from '../options'
import { ArrayField, isTags } from './ArrayField'
import { BooleanField } from './BooleanField'
import { CodeField } from './CodeField'
import { ColorField } from './ColorField'
import { ConnectionField } from './ConnectionField'
import { CronField } from './CronField'
import type { ControlProps } from './control'
import { DateField, DateTimeField, TimeField } from './DateField'
import { DurationField } from './DurationField'
import { EnumField } from './EnumField'
import { ExpressionField } from './ExpressionField'
import { JsonField } from './JsonField'
import { MapField } from './MapField'
import { NumberField } from './NumberField'
import { ObjectField } from './ObjectField'
import { OptionsField } from './OptionsField'
import { PathField } from './PathField'
import { SqlField } from './SqlField'
import { StringField } from './StringField'
import { TextareaField } from './TextareaField'
import { TupleField } from './TupleField'
import { UnionField } from './UnionField'
import { UriField } from './UriField'

type Control = ComponentType<ControlProps>

const byFormat: Readonly<Record<string, Control>> = {
  sql: SqlField,
  expression: ExpressionField,
  code: CodeField,
  path: PathField,
  connection: ConnectionField,
  textarea: TextareaField,
  duration: DurationField,
  cron: CronField,
  'date-time': DateTimeField,
  date: DateField,
  time: TimeField,
  uri: UriField,
  color: ColorField,
}

const byKind: Readonly<Record<Field['kind'], Control>> = {
  string: StringField,
  number: NumberField,
  boolean: BooleanField,
  enum: EnumField,
  const: () => null,
  array: ArrayField,
  tuple: TupleField,
  object: ObjectField,
  map: MapField,
  union: UnionField,
  json: JsonField,
}

/** A format says more than a kind; an unknown one says nothing. */
export function controlFor(field: Field): Control {
  const formatted = field.kind === 'string' || field.kind === 'union' ? byFormat[field.format] : undefined
  if (formatted) return formatted
  return field.kind === 'string' && optionsOf(field.schema) ? OptionsField : byKind[field.kind]
}

/** Controls that hold several inputs of their own, each with its own name. */
export function isContainer(field: Field): boolean {
  if (field.kind === 'array') return !isTags(field)
  return (
    (['object', 'map', 'union', 'tuple'] as const).some((kind) => kind === field.kind) &&
    controlFor(field) === byKind[field.kind]
  )
}

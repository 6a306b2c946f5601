import { ActionIcon, Tooltip } from '@mantine/core'
import { IconBraces } from '@tabler/icons-react'
import { useId, useState } from 'react'
import { words } from '~/i18n'
import type { Json, JsonObject } from '~/model/json'
import { useForm } from './context'
import { problemsAt } from './errors'
import { isExpression, toExpression, toFixed } from './expression'
import { FieldFrame, frameIds } from './FieldFrame'
import { ExpressionField } from './fields/ExpressionField'
import { controlFor, isContainer } from './fields/registry'
import classes from './forms.module.css'
import { normalise } from './normalise'

export interface FieldProps {
  name: string
  schema: JsonObject
  value: Json | undefined
  onChange(value: Json | undefined): void
  pointer: string
  required: boolean
}

/** Formats whose own text holds `{{ }}`, so that they need no switch. */
const TEMPLATED = new Set(['sql', 'expression', 'code', 'textarea'])

/** One property: what its schema says, its label, its control, its problems, and the fixed/expression switch. */
export function Field({ name, schema, value, onChange, pointer, required }: FieldProps) {
  const form = useForm()
  const field = normalise(schema, form.root, name)
  const ids = frameIds(useId())
  const [asked, setAsked] = useState<boolean | null>(null)
  // While somebody types, `{{` does not put another control under the cursor; leaving the field does.
  const [held, setHeld] = useState<boolean | null>(null)
  if (field.kind === 'const') return null
  const container = isContainer(field)
  const mayExpress =
    form.expressions &&
    field.expression &&
    !TEMPLATED.has(field.format) &&
    field.kind !== 'object' &&
    field.kind !== 'map'
  const expressed = mayExpress && (held ?? asked ?? isExpression(value))
  const Control = expressed ? ExpressionField : controlFor(field)
  const own = problemsAt(form.problems, pointer, expressed || !container)

  const toggle = () => {
    setHeld(null)
    setAsked(!expressed)
    onChange(
      expressed ? toFixed(typeof value === 'string' ? value : '') : toExpression(value ?? field.fallback),
    )
  }
  const aside = mayExpress ? (
    <Tooltip label={expressed ? words.editor.form.useFixed : words.editor.form.useExpression}>
      <ActionIcon
        className={classes.switch}
        data-on={expressed || undefined}
        size={20}
        // One short name: it must not hold the words that fields are called by.
        aria-label={words.editor.form.computed}
        aria-pressed={expressed}
        aria-describedby={ids.label}
        disabled={form.readOnly}
        onClick={toggle}
      >
        <IconBraces size={14} stroke={1.8} />
      </ActionIcon>
    </Tooltip>
  ) : null

  return (
    <FieldFrame
      ids={ids}
      pointer={pointer}
      label={field.title}
      description={field.description}
      required={required}
      problems={own}
      aside={aside}
      group={container && !expressed}
      row={field.schema['x-row'] === true && !container}
      onLeave={() => setHeld(null)}
    >
      <Control
        field={field}
        value={value}
        onChange={(next) => {
          setHeld(expressed)
          onChange(next)
        }}
        pointer={pointer}
        ids={ids}
        describedBy={field.description ? ids.help : undefined}
        invalid={own.some((problem) => problem.severity === 'error')}
      />
    </FieldFrame>
  )
}

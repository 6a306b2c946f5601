import { ActionIcon, Tooltip } from '@mantine/core'
import { IconBraces } from '@tabler/icons-react'
import { type KeyboardEvent, useId, useState } from 'react'
import { words } from '~/i18n'
import type { Json, JsonObject } from '~/model/json'
import { useForm } from './context'
import type { Carried } from './dragging'
import { problemsAt } from './errors'
import { isExpression, toExpression, toFixed } from './expression'
import { FieldFrame, frameIds } from './FieldFrame'
import { ExpressionField } from './fields/ExpressionField'
import { controlFor, isContainer } from './fields/registry'
import classes from './forms.module.css'
import { LiveResult } from './LiveResult'
import { normalise } from './normalise'
import { taken, takes } from './taking'
import { useTaking } from './useTaking'

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

/** Their text is no value: what `{{ }}` gives in it becomes a parameter, or is none of our syntax. */
const UNTRIED = new Set(['sql', 'code'])
const NOTHING: readonly Carried['kind'][] = []

/** One property: what its schema says, its label, its control, its problems, and the fixed/expression switch. */
export function Field({ name, schema, value, onChange, pointer, required }: FieldProps) {
  const form = useForm()
  const field = normalise(schema, form.root, name)
  const ids = frameIds(useId())
  const [asked, setAsked] = useState<boolean | null>(null)
  // While somebody types, `{{` does not put another control under the cursor; leaving the field does.
  const [held, setHeld] = useState<boolean | null>(null)
  const [start, setStart] = useState(false)
  const container = isContainer(field)
  const mayHold = form.expressions && field.expression
  const mayExpress = mayHold && !TEMPLATED.has(field.format)
  const expressed = mayExpress && (held ?? asked ?? isExpression(value))
  const Control = expressed ? ExpressionField : controlFor(field)
  const own = problemsAt(form.problems, pointer, expressed || !container)

  const wrong = own.some((problem) => problem.severity === 'error')
  const kinds = form.readOnly || field.kind === 'const' ? NOTHING : takes(field, mayHold)
  const { host, over, handlers } = useTaking(kinds, (carried) => {
    setHeld(null)
    setAsked(null)
    onChange(taken(field, value, carried))
  })
  const toggle = () => {
    setHeld(null)
    setStart(!expressed)
    setAsked(!expressed)
    onChange(
      expressed ? toFixed(typeof value === 'string' ? value : '') : toExpression(value ?? field.fallback),
    )
  }
  // "=" in a field with nothing in it begins an expression.
  const press = (event: KeyboardEvent) => {
    if (event.key !== '=' || event.ctrlKey || event.metaKey || event.altKey || form.readOnly) return
    const nothing = value === undefined || value === null || value === ''
    const own = event.target instanceof HTMLElement && event.target.closest('[data-pointer]') === host.current
    if (!mayExpress || expressed || !own || !nothing) return
    event.preventDefault()
    toggle()
  }
  if (field.kind === 'const') return null
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
      onKeyDownCapture={press}
      host={host}
      takes={kinds}
      over={over}
      handlers={handlers}
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
        start={start}
        describedBy={field.description ? ids.help : undefined}
        invalid={wrong}
      />
      {mayHold && typeof value === 'string' && !UNTRIED.has(field.format) ? (
        <LiveResult text={value} perItem={field.schema['x-per-item'] === true} faulty={wrong} />
      ) : null}
    </FieldFrame>
  )
}

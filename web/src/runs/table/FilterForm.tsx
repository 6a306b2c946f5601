import { Button, Group, SegmentedControl, Select, Stack, TagsInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { Column } from '~/api/types'
import { words } from '~/i18n'
import { type Condition, choicesOf, familyOf, type Operator, operatorsOf, takesValue } from './conditions'
import { operatorWord } from './conditionWords'

const t = words.previews
/** The form stands in a popover, which a click into another portal would close. */
const INSIDE = { withinPortal: false, position: 'bottom', middlewares: { flip: false } } as const

interface FilterFormProps {
  /** What can be filtered; of one alone there is nothing to choose. */
  columns: readonly Column[]
  /** What is changed; a new one without. */
  condition?: Condition | undefined
  onApply: (condition: Condition) => void
}

/** A condition on a column, with the comparisons that its type has. */
export function FilterForm({ columns, condition, onApply }: FilterFormProps) {
  const [name, setName] = useState(condition?.column ?? columns[0]?.name ?? '')
  const type = columns.find((column) => column.name === name)?.type ?? ''
  const operators = operatorsOf(type)
  const [chosen, setChosen] = useState<Operator | undefined>(condition?.op)
  const op = chosen && operators.includes(chosen) ? chosen : (operators[0] ?? 'not_null')
  const [written, setWritten] = useState(condition?.op === 'in' ? '' : (condition?.value ?? ''))
  const [choices, setChoices] = useState(condition?.op === 'in' ? choicesOf(condition.value) : [])
  const family = familyOf(type)
  const value = !takesValue(op) ? '' : op === 'in' ? JSON.stringify(choices) : meant(family, written)
  // An empty text is a value of its own, but part of every text.
  const blank = family === 'text' && (op === 'eq' || op === 'ne')
  const complete = !takesValue(op) || (op === 'in' ? choices.length > 0 : blank || value !== '')

  return (
    <form
      aria-label={columns.length === 1 ? t.filterThis(name) : t.addFilter}
      onSubmit={(event) => {
        event.preventDefault()
        event.stopPropagation()
        if (complete) onApply({ column: name, op, value })
      }}
    >
      <Stack gap={8}>
        {columns.length > 1 ? (
          <Select
            label={t.filterColumn}
            data={columns.map((column) => column.name)}
            value={name}
            onChange={(next) => next && setName(next)}
            allowDeselect={false}
            searchable
            comboboxProps={INSIDE}
            data-autofocus
          />
        ) : null}
        <Select
          label={t.filterOp}
          data={operators.map((one) => ({ value: one, label: operatorWord(one, type) }))}
          value={op}
          onChange={(next) => setChosen(operators.find((one) => one === next))}
          allowDeselect={false}
          comboboxProps={INSIDE}
        />
        {!takesValue(op) ? null : op === 'in' ? (
          <TagsInput
            label={t.filterValues}
            description={t.filterValuesHint}
            value={choices}
            onChange={setChoices}
            acceptValueOnBlur
          />
        ) : family === 'bool' ? (
          <SegmentedControl
            aria-label={t.filterValue}
            data={[
              { value: 'true', label: t.yes },
              { value: 'false', label: t.no },
            ]}
            value={value}
            onChange={setWritten}
          />
        ) : (
          <TextInput
            label={t.filterValue}
            placeholder={t.placeholders[family]}
            value={written}
            onChange={(event) => setWritten(event.currentTarget.value)}
          />
        )}
        <Group justify="flex-end">
          <Button type="submit" size="compact-sm" disabled={!complete}>
            {t.filterApply}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** Texts are meant as written; around anything else spaces mean nothing. */
function meant(family: string, written: string): string {
  if (family === 'text') return written
  if (family === 'bool') return written === 'false' ? 'false' : 'true'
  return written.trim()
}

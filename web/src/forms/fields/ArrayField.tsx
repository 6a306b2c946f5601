import { ActionIcon, Button, TagsInput, UnstyledButton } from '@mantine/core'
import { IconChevronDown, IconChevronUp, IconPlus, IconTrash } from '@tabler/icons-react'
import { words } from '~/i18n'
import { isObject, type Json, type JsonObject, pointerOf } from '~/model/json'
import { useForm } from '../context'
import { Field } from '../Field'
import { FieldNote } from '../FieldNote'
import classes from '../forms.module.css'
import type { Field as FieldInfo } from '../normalise'
import { optionsOf, useOptions } from '../options'
import { type ControlProps, placeholderOf } from './control'
import { OptionsNote } from './OptionsField'

const t = words.editor.form

/** A list of short texts (columns, tags) is one input with chips. */
export const isTags = (field: FieldInfo): boolean =>
  field.kind === 'array' && field.items?.type === 'string' && !field.items.format && !field.items.enum

export function ArrayField(props: ControlProps) {
  return isTags(props.field) ? <Tags {...props} /> : <Rows {...props} />
}

function Tags({ field, value, onChange, ids, describedBy, invalid }: ControlProps) {
  const { readOnly } = useForm()
  const options = useOptions(optionsOf(field.schema) ?? optionsOf(field.items ?? {}))
  const tags = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : []
  return (
    <>
      <TagsInput
        id={ids.control}
        value={tags}
        data={[...new Set(options.items.map((item) => item.value))]}
        onDropdownOpen={options.open}
        onSearchChange={options.search}
        placeholder={tags.length === 0 ? placeholderOf(field) || t.addAndEnter : undefined}
        readOnly={readOnly}
        acceptValueOnBlur
        aria-describedby={describedBy}
        error={invalid}
        onChange={(next) => onChange(next.length === 0 ? undefined : next)}
      />
      <OptionsNote options={options} />
    </>
  )
}

/** What a new row starts with, so that its own fields show. */
function blank(items: FieldInfo['items']): Json {
  if (items?.default !== undefined) return items.default
  if (items?.type === 'object' || isObject(items?.properties)) return {}
  return items?.type === 'array' ? [] : items?.type === 'boolean' ? false : ''
}

const countAt = (schema: JsonObject, key: string, otherwise: number): number => {
  const value = schema[key]
  return typeof value === 'number' ? value : otherwise
}

function Rows({ field, value, onChange, pointer }: ControlProps) {
  const { readOnly } = useForm()
  const rows = Array.isArray(value) ? value : []
  const { default: _, ...items } = field.items ?? {}
  const least = countAt(field.schema, 'minItems', 0)
  const most = countAt(field.schema, 'maxItems', Number.POSITIVE_INFINITY)
  const replace = (next: Json[]) => onChange(next.length === 0 ? undefined : next)
  const swap = (index: number, other: number) => {
    const next = [...rows]
    next[index] = rows[other] ?? null
    next[other] = rows[index] ?? null
    replace(next)
  }
  return (
    <div className={classes.rows}>
      {rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place.
        <div key={index} className={classes.row}>
          <div className={classes.grow}>
            <Field
              name={t.row(index + 1)}
              schema={{ ...items, 'x-row': true, title: t.row(index + 1) }}
              value={row}
              required={false}
              pointer={`${pointer}${pointerOf(index)}`}
              onChange={(next) => replace(rows.map((old, at) => (at === index ? (next ?? '') : old)))}
            />
          </div>
          {rows.length > 1 && !readOnly ? (
            <div className={classes.movers}>
              <UnstyledButton
                aria-label={t.moveUp(index + 1)}
                disabled={index === 0}
                onClick={() => swap(index, index - 1)}
              >
                <IconChevronUp size={13} stroke={2} />
              </UnstyledButton>
              <UnstyledButton
                aria-label={t.moveDown(index + 1)}
                disabled={index === rows.length - 1}
                onClick={() => swap(index, index + 1)}
              >
                <IconChevronDown size={13} stroke={2} />
              </UnstyledButton>
            </div>
          ) : null}
          <ActionIcon
            aria-label={t.removeRow(index + 1)}
            disabled={readOnly}
            onClick={() => replace(rows.filter((_, at) => at !== index))}
          >
            <IconTrash size={15} stroke={1.8} />
          </ActionIcon>
        </div>
      ))}
      {rows.length > 0 && rows.length < least ? (
        <FieldNote tone="warning">{t.atLeast(least)}</FieldNote>
      ) : null}
      <div>
        <Button
          variant="default"
          leftSection={<IconPlus size={14} />}
          disabled={readOnly || rows.length >= most}
          onClick={() => replace([...rows, ...fresh(field.items, rows.length, least)])}
        >
          {t.addRow}
        </Button>
      </div>
      {rows.length >= most ? <FieldNote>{t.atMost(most)}</FieldNote> : null}
    </div>
  )
}

/** One row more, or as many as there have to be. */
const fresh = (items: FieldInfo['items'], rows: number, least: number): Json[] =>
  Array.from({ length: Math.max(1, least - rows) }, () => blank(items))

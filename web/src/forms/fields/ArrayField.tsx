import { ActionIcon, Button, TagsInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { words } from '~/i18n'
import { isObject, type Json, pointerOf } from '~/model/json'
import { useForm } from '../context'
import { Field } from '../Field'
import classes from '../forms.module.css'
import type { Field as FieldInfo } from '../normalise'
import { optionsOf, useOptions } from '../options'
import { type ControlProps, placeholderOf } from './control'
import { OptionsNote } from './OptionsField'

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
        placeholder={tags.length === 0 ? placeholderOf(field) || words.editor.form.addAndEnter : undefined}
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

function Rows({ field, value, onChange, pointer }: ControlProps) {
  const { readOnly } = useForm()
  const rows = Array.isArray(value) ? value : []
  const { default: _, ...items } = field.items ?? {}
  const replace = (next: Json[]) => onChange(next.length === 0 ? undefined : next)
  return (
    <div className={classes.rows}>
      {rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place.
        <div key={index} className={classes.row}>
          <div className={classes.grow}>
            <Field
              name={words.editor.form.row(index + 1)}
              schema={{ ...items, 'x-row': true, title: words.editor.form.row(index + 1) }}
              value={row}
              required={false}
              pointer={`${pointer}${pointerOf(index)}`}
              onChange={(next) => replace(rows.map((old, at) => (at === index ? (next ?? '') : old)))}
            />
          </div>
          <ActionIcon
            aria-label={words.editor.form.removeRow(index + 1)}
            disabled={readOnly}
            onClick={() => replace(rows.filter((_, at) => at !== index))}
          >
            <IconTrash size={15} stroke={1.8} />
          </ActionIcon>
        </div>
      ))}
      <div>
        <Button
          variant="default"
          leftSection={<IconPlus size={14} />}
          disabled={readOnly}
          onClick={() => replace([...rows, blank(field.items)])}
        >
          {words.editor.form.addRow}
        </Button>
      </div>
    </div>
  )
}

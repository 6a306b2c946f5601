import { ActionIcon, Button, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { words } from '~/i18n'
import { isObject, type JsonObject, pointerOf } from '~/model/json'
import { useForm } from '../context'
import { Field } from '../Field'
import classes from '../forms.module.css'
import { normalise } from '../normalise'
import { ObjectFields } from '../ObjectFields'
import type { ControlProps } from './control'

/** Names with values (headers, measures): a row each. */
export function MapField({ field, value, onChange, pointer }: ControlProps) {
  const { readOnly, root } = useForm()
  const entries = Object.entries(isObject(value) ? value : {})
  const items = field.items ?? {}
  const inner = normalise(items, root)
  const wide = inner.kind === 'object'
  const replace = (next: (readonly [string, JsonObject[string]])[]) =>
    onChange(next.length === 0 ? undefined : Object.fromEntries(next))
  const freeName = () => {
    let number = entries.length + 1
    while (entries.some(([name]) => name === `${words.editor.form.newName}${number}`)) number += 1
    return `${words.editor.form.newName}${number}`
  }
  const rename = (index: number, next: string) =>
    replace(entries.map((entry, at) => (at === index ? [next, entry[1]] : entry)))
  const change = (index: number, next: JsonObject[string]) =>
    replace(entries.map((entry, at) => (at === index ? [entry[0], next] : entry)))
  return (
    <div className={classes.rows}>
      {entries.length > 0 && !wide ? (
        <div className={classes.heads} aria-hidden>
          <span className={classes.key}>{words.editor.form.nameHead}</span>
          <span>{words.editor.form.valueHead}</span>
        </div>
      ) : null}
      {entries.map(([name, item], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the name changes while it is typed; the place does not.
        <div key={index} className={wide ? classes.nested : undefined}>
          <div className={classes.row}>
            <div className={wide ? classes.grow : classes.key}>
              <MapKey
                name={name}
                number={index + 1}
                taken={(other) => entries.some(([known], at) => at !== index && known === other)}
                onRename={(next) => rename(index, next)}
              />
            </div>
            {wide ? null : (
              <div className={classes.grow}>
                <Field
                  name={words.editor.form.value(index + 1)}
                  schema={{ ...items, 'x-row': true, title: words.editor.form.value(index + 1) }}
                  value={item}
                  required={false}
                  pointer={`${pointer}${pointerOf(name)}`}
                  onChange={(next) => change(index, next ?? '')}
                />
              </div>
            )}
            <ActionIcon
              aria-label={words.editor.form.removeRow(index + 1)}
              size={30}
              disabled={readOnly}
              onClick={() => replace(entries.filter((_, at) => at !== index))}
            >
              <IconTrash size={15} stroke={1.8} />
            </ActionIcon>
          </div>
          {wide ? (
            <div className={classes.inner}>
              <ObjectFields
                schema={inner.schema}
                value={isObject(item) ? item : {}}
                pointer={`${pointer}${pointerOf(name)}`}
                onChange={(next) => change(index, next)}
              />
            </div>
          ) : null}
        </div>
      ))}
      <div>
        <Button
          variant="default"
          leftSection={<IconPlus size={14} />}
          disabled={readOnly}
          onClick={() => replace([...entries, [freeName(), wide ? {} : '']])}
        >
          {words.editor.form.addRow}
        </Button>
      </div>
    </div>
  )
}

interface MapKeyProps {
  name: string
  number: number
  taken(name: string): boolean
  onRename(name: string): void
}

/** A name that is empty or already there waits in the field until it is a name of its own. */
function MapKey({ name, number, taken, onRename }: MapKeyProps) {
  const { readOnly } = useForm()
  const [draft, setDraft] = useState<string | null>(null)
  const shown = draft ?? name
  const wrong = shown === '' ? words.editor.form.nameEmpty : taken(shown) ? words.editor.form.nameTaken : null
  return (
    <TextInput
      aria-label={words.editor.form.name(number)}
      value={shown}
      error={wrong}
      readOnly={readOnly}
      spellCheck={false}
      onChange={(event) => {
        const next = event.currentTarget.value
        setDraft(next)
        if (next !== '' && !taken(next)) onRename(next)
      }}
      onBlur={() => setDraft(null)}
    />
  )
}

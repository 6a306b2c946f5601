import { ActionIcon, Button, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { words } from '~/i18n'
import { isObject, type JsonObject, pointerOf } from '~/model/json'
import { useForm } from '../context'
import { Field } from '../Field'
import classes from '../forms.module.css'
import { normalise } from '../normalise'
import type { ControlProps } from './control'

/** Names with values (headers, measures): a row each. */
export function MapField({ field, value, onChange, pointer }: ControlProps) {
  const { readOnly, root } = useForm()
  const entries = Object.entries(isObject(value) ? value : {})
  const items = field.items ?? {}
  const wide = normalise(items, root).kind === 'object'
  const replace = (next: (readonly [string, JsonObject[string]])[]) =>
    onChange(next.length === 0 ? undefined : Object.fromEntries(next))
  const freeName = () => {
    let number = entries.length + 1
    while (entries.some(([name]) => name === `${words.editor.form.newName}${number}`)) number += 1
    return `${words.editor.form.newName}${number}`
  }
  return (
    <div className={classes.rows}>
      {entries.map(([name, item], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the name changes while it is typed; the place does not.
        <div key={index} className={wide ? classes.nested : undefined}>
          <div className={classes.row}>
            <div className={wide ? classes.grow : classes.key}>
              <MapKey
                name={name}
                number={index + 1}
                taken={(other) => entries.some(([known], at) => at !== index && known === other)}
                onRename={(next) =>
                  replace(entries.map((entry, at) => (at === index ? [next, entry[1]] : entry)))
                }
              />
            </div>
            {wide ? null : <div className={classes.grow}>{valueField(name, item, index)}</div>}
            <ActionIcon
              aria-label={words.editor.form.removeRow(index + 1)}
              mt={24}
              disabled={readOnly}
              onClick={() => replace(entries.filter((_, at) => at !== index))}
            >
              <IconTrash size={15} stroke={1.8} />
            </ActionIcon>
          </div>
          {wide ? valueField(name, item, index) : null}
        </div>
      ))}
      <div>
        <Button
          variant="default"
          leftSection={<IconPlus size={14} />}
          disabled={readOnly}
          onClick={() => replace([...entries, [freeName(), items.type === 'object' || wide ? {} : '']])}
        >
          {words.editor.form.addRow}
        </Button>
      </div>
    </div>
  )

  function valueField(name: string, item: JsonObject[string], index: number) {
    return (
      <Field
        name={words.editor.form.value(index + 1)}
        schema={{ ...items, title: words.editor.form.value(index + 1) }}
        value={item}
        required={false}
        pointer={`${pointer}${pointerOf(name)}`}
        onChange={(next) =>
          replace(entries.map((entry, at) => (at === index ? [name, next ?? (wide ? {} : '')] : entry)))
        }
      />
    )
  }
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
      label={words.editor.form.name(number)}
      value={shown}
      error={wrong}
      readOnly={readOnly}
      spellCheck={false}
      styles={{ label: { lineHeight: '18px', marginBottom: 4, minHeight: 20 } }}
      onChange={(event) => {
        const next = event.currentTarget.value
        setDraft(next)
        if (next !== '' && !taken(next)) onRename(next)
      }}
      onBlur={() => setDraft(null)}
    />
  )
}

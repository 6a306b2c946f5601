import { useRef, useState } from 'react'
import { words } from '~/i18n'
import { type Json, sameJson } from '~/model/json'
import { CodeEditor } from '../CodeEditor'
import { useForm } from '../context'
import classes from '../forms.module.css'
import type { ControlProps } from './control'

const write = (value: Json | undefined): string => (value === undefined ? '' : JSON.stringify(value, null, 2))

function read(text: string): { value: Json | undefined } | { reason: string } {
  if (text.trim() === '') return { value: undefined }
  try {
    return { value: JSON.parse(text) as Json }
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) }
  }
}

/** Any JSON, for schemas that say no more. Half-written text stays here until it is JSON. */
export function JsonField({ field, value, onChange, ids, describedBy, invalid }: ControlProps) {
  const { readOnly } = useForm()
  const [text, setText] = useState(() => write(value))
  const told = useRef(value)
  // A value from outside (undo, another variant) replaces the text; what was typed here does not.
  if (!sameJson(told.current, value)) {
    told.current = value
    const now = read(text)
    if ('reason' in now || !sameJson(now.value, value)) setText(write(value))
  }
  const state = read(text)
  return (
    <>
      <CodeEditor
        language="json"
        value={text}
        placeholder={words.editor.form.jsonExample}
        labelledBy={ids.label}
        describedBy={describedBy}
        invalid={invalid || 'reason' in state}
        readOnly={readOnly}
        lines={field.schema['x-row'] ? [1, 8] : [2, 16]}
        onChange={(next) => {
          setText(next)
          const parsed = read(next)
          if ('reason' in parsed) return
          told.current = parsed.value
          onChange(parsed.value)
        }}
      />
      {'reason' in state ? (
        <div className={classes.problem} role="alert">
          {words.editor.form.notJson(state.reason)}
        </div>
      ) : null}
    </>
  )
}

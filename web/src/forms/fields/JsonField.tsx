import { useRef, useState } from 'react'
import { words } from '~/i18n'
import { type Json, sameJson } from '~/model/json'
import { CodeEditor } from '../CodeEditor'
import { useForm } from '../context'
import classes from '../forms.module.css'
import type { ControlProps } from './control'

type Reading = { value: Json | undefined } | { reason: string }

function parse(text: string): Reading {
  if (text.trim() === '') return { value: undefined }
  try {
    return { value: JSON.parse(text) as Json }
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) }
  }
}

/** Where anything goes, plain words are a text: nobody has to write quotes around them. */
function read(text: string, anything: boolean): Reading {
  const parsed = parse(text)
  const plain = !/^\s*(\{(?!\{)|\[|")/.test(text)
  return anything && 'reason' in parsed && plain ? { value: text } : parsed
}

function write(value: Json | undefined, anything: boolean): string {
  if (value === undefined) return ''
  if (anything && typeof value === 'string') {
    const back = read(value, true)
    if ('value' in back && back.value === value) return value
  }
  return JSON.stringify(value, null, 2)
}

/** Any JSON, for schemas that say no more. Half-written text stays here until it is JSON. */
export function JsonField({ field, value, onChange, ids, describedBy, invalid }: ControlProps) {
  const { readOnly } = useForm()
  const anything = field.schema.type === undefined
  const [text, setText] = useState(() => write(value, anything))
  const told = useRef(value)
  // A value from outside (undo, another variant) replaces the text; what was typed here does not.
  if (!sameJson(told.current, value)) {
    told.current = value
    const now = read(text, anything)
    if ('reason' in now || !sameJson(now.value, value)) setText(write(value, anything))
  }
  const state = read(text, anything)
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
        lines={field.schema['x-row'] || field.schema['x-short'] ? [1, 8] : [2, 16]}
        onChange={(next) => {
          setText(next)
          const parsed = read(next, anything)
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

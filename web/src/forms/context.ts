import { createContext, useContext } from 'react'
import type { JsonObject } from '~/model/json'
import type { Problem } from '~/model/workflow'

/** What may be named in an expression or a query at this place. */
export interface Suggestions {
  /** Paths for `{{ }}`: "inputs.month", "nodes.late.rows". */
  paths: readonly { label: string; detail?: string }[]
  /** Tables a query sees, with their columns. */
  tables: Readonly<Record<string, readonly string[]>>
  /** Columns of the tables that arrive, for column fields. */
  columns: readonly string[]
  /** What may stand behind `|` in an expression, with the names of its parameters. */
  filters?: readonly { name: string; parameters: readonly string[] }[]
  /** What may stand behind `is`. */
  tests?: readonly string[]
}

/** What an expression gives with the data of a run. */
export interface Tried {
  preview: string
  kind: string | null
  truncated: boolean
  error: { code: string; message: string; at: number | null } | null
}

/** Tries expressions out. */
export interface Trying {
  /** Changes when the same text may give something else. */
  key: string
  evaluate(text: string, perItem: boolean, signal: AbortSignal): Promise<Tried>
}

export const NO_SUGGESTIONS: Suggestions = { paths: [], tables: {}, columns: [] }

/** One value that may be chosen. */
export interface Choice {
  value: string
  label: string
}

export interface Choices {
  items: readonly Choice[]
  /** There are more than these: search. */
  more: boolean
}

/** Asks the node type's own functions (`x-options`) what may be chosen. */
export interface Asking {
  /** Names the node type and its version, for the cache. */
  type: string
  config: JsonObject
  ask(name: string, config: JsonObject, search: string, signal: AbortSignal): Promise<Choices>
}

/** Forms inside of it may only be looked at. */
export const ReadOnlyForms = createContext(false)

export interface FormScene {
  /** Where `$ref` looks things up. */
  root: JsonObject
  problems: readonly Problem[]
  expressions: boolean
  suggestions: Suggestions
  readOnly: boolean
  /** Null where fields have no functions to ask. */
  asking: Asking | null
  /** Null where expressions cannot be tried out. */
  trying: Trying | null
  /** Pointer of the field to bring into view. */
  focus: string | null
}

export const FormContext = createContext<FormScene>({
  root: {},
  problems: [],
  expressions: false,
  suggestions: NO_SUGGESTIONS,
  readOnly: false,
  asking: null,
  trying: null,
  focus: null,
})

export const useForm = (): FormScene => useContext(FormContext)

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
}

export const FormContext = createContext<FormScene>({
  root: {},
  problems: [],
  expressions: false,
  suggestions: NO_SUGGESTIONS,
  readOnly: false,
  asking: null,
})

export const useForm = (): FormScene => useContext(FormContext)

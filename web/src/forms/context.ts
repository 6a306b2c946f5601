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

export interface FormScene {
  /** Where `$ref` looks things up. */
  root: JsonObject
  problems: readonly Problem[]
  expressions: boolean
  suggestions: Suggestions
  readOnly: boolean
}

export const FormContext = createContext<FormScene>({
  root: {},
  problems: [],
  expressions: false,
  suggestions: NO_SUGGESTIONS,
  readOnly: false,
})

export const useForm = (): FormScene => useContext(FormContext)

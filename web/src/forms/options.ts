/** Options of a field: columns of the tables that arrive, or what a function of the node type gives. */

import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { isObject, type Json, type JsonObject } from '~/model/json'
import { type Choice, useForm } from './context'

export type OptionsOf = 'columns' | { name: string; needs: readonly string[] }

/** What the schema says of a field's options, null when it says nothing. */
export function optionsOf(schema: JsonObject): OptionsOf | null {
  const said: Json | undefined = schema['x-options']
  if (said === 'columns') return 'columns'
  if (!isObject(said) || typeof said.function !== 'string') return null
  const needs = Array.isArray(said.needs) ? said.needs.filter((name) => typeof name === 'string') : []
  return { name: said.function, needs }
}

export interface OptionsState {
  items: readonly Choice[]
  more: boolean
  loading: boolean
  /** The server has looked for what was typed. */
  searched: boolean
  /** Why there are none. */
  error: string | null
  /** To be called when the list opens: nobody is asked before. */
  open(): void
  search(text: string): void
}

const PAUSE_MS = 250
const NOTHING: readonly Choice[] = []

export function useOptions(source: OptionsOf | null): OptionsState {
  const { suggestions, asking } = useForm()
  const [opened, setOpened] = useState(false)
  const [typed, search] = useState('')
  const [wanted] = useDebouncedValue(typed, PAUSE_MS)
  const open = useCallback(() => setOpened(true), [])
  const named = source !== null && source !== 'columns' ? source : null
  const given = Object.fromEntries(
    (named?.needs ?? []).flatMap((name) => {
      const value = asking?.config[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
  const found = useQuery({
    queryKey: ['options', asking?.type, named?.name, given, wanted],
    queryFn: ({ signal }) =>
      asking && named
        ? asking.ask(named.name, given, wanted, signal)
        : Promise.resolve({ items: NOTHING, more: false }),
    enabled: opened && asking !== null && named !== null,
    staleTime: 30_000,
    retry: false,
    placeholderData: keepPreviousData,
  })
  if (named === null) {
    const columns = source === 'columns' ? [...new Set(suggestions.columns)] : []
    const items = columns.map((name) => ({ value: name, label: name }))
    return { items, more: false, loading: false, searched: false, error: null, open, search }
  }
  return {
    items: found.error ? NOTHING : (found.data?.items ?? NOTHING),
    more: found.data?.more ?? false,
    loading: found.isFetching,
    searched: true,
    error: found.error ? found.error.message : null,
    open,
    search,
  }
}

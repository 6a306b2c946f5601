import { useCallback, useMemo, useState } from 'react'
import type { Column } from '~/api/types'
import { columnWidths } from '../columnWidths'

const KEY = 'concertmaster.column-widths'
const MOST_TABLES = 50
export const NARROWEST = 48
export const WIDEST = 1200

type Widths = Readonly<Record<string, number>>

const isWidths = (value: unknown): value is Widths =>
  typeof value === 'object' && value !== null && Object.values(value).every((width) => Number.isFinite(width))

/** Tables whose columns are called the same are alike to whoever has set their widths. */
const signature = (columns: readonly Column[]): string => JSON.stringify(columns.map(({ name }) => name))

function stored(): [string, Widths][] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(found) ? found.filter(([, widths]) => isWidths(widths)) : []
  } catch {
    return []
  }
}

function keep(table: string, widths: Widths): void {
  const others = stored().filter(([name]) => name !== table)
  const all = Object.keys(widths).length > 0 ? [[table, widths], ...others] : others
  try {
    localStorage.setItem(KEY, JSON.stringify(all.slice(0, MOST_TABLES)))
  } catch {
    // Where nothing can be stored they are kept as long as the table is on the screen.
  }
}

/** Widths (px) of columns: what was set by hand, the next time too, and what fits for the others. */
export function useKeptWidths(columns: readonly Column[], sample: readonly Record<string, unknown>[]) {
  const table = useMemo(() => signature(columns), [columns])
  const [set, setSet] = useState<Widths>(() => stored().find(([name]) => name === table)?.[1] ?? {})
  const fitting = useMemo(() => columnWidths(columns, sample), [columns, sample])
  const resize = useCallback(
    (column: string, width: number | null) =>
      setSet((before) => {
        const next = { ...before }
        if (width === null) delete next[column]
        else next[column] = Math.round(Math.min(WIDEST, Math.max(NARROWEST, width)))
        keep(table, next)
        return next
      }),
    [table],
  )
  const widths = useMemo(
    () =>
      columns.map(({ name }, place) => ({
        width: set[name] ?? fitting[place] ?? NARROWEST,
        set: set[name] !== undefined,
      })),
    [columns, fitting, set],
  )
  return { widths, resize }
}

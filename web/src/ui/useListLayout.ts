import { useLocalStorage } from '@mantine/hooks'
import { useMemo } from 'react'
import type { ListColumn } from './ListRow'
import type { Density } from './useListRows'

interface Stored {
  density?: Density
  columns?: Record<string, boolean>
}

export interface ListLayout<Row> {
  density: Density
  setDensity: (density: Density) => void
  /** Those that are shown, in order; the same array while nothing changes. */
  columns: readonly ListColumn<Row>[]
  choices: readonly { key: string; head: string; shown: boolean }[]
  show: (key: string, shown: boolean) => void
}

/** The columns that are always there and those that were chosen. */
export const chosenColumns = <Row>(
  all: readonly ListColumn<Row>[],
  chosen: Readonly<Record<string, boolean>>,
) => all.filter(({ key, choice }) => choice === undefined || (chosen[key] ?? choice === 'shown'))

/** How somebody likes to see a list: which columns, how dense; kept in this browser under the list's name. */
export function useListLayout<Row>(name: string, all: readonly ListColumn<Row>[]): ListLayout<Row> {
  const [stored, store] = useLocalStorage<Stored>({
    key: `cm-list-${name}`,
    defaultValue: {},
    getInitialValueInEffect: false,
  })
  const columns = useMemo(() => chosenColumns(all, stored.columns ?? {}), [all, stored.columns])
  return {
    density: stored.density === 'compact' ? 'compact' : 'normal',
    setDensity: (density) => store({ ...stored, density }),
    columns,
    choices: all
      .filter(({ choice }) => choice !== undefined)
      .map(({ key, head }) => ({ key, head, shown: columns.some((column) => column.key === key) })),
    show: (key, shown) => store({ ...stored, columns: { ...stored.columns, [key]: shown } }),
  }
}

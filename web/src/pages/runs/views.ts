import { useLocalStorage } from '@mantine/hooks'
import { words } from '~/i18n'
import { parseRunsSearch, type RunsSearch } from './filter'

const t = words.history.views

export interface SavedView {
  name: string
  search: RunsSearch
}

export const READY_VIEWS: readonly SavedView[] = [
  { name: t.failedToday, search: { status: 'failed,interrupted', last: '24h' } },
  { name: t.notEnded, search: { status: 'queued,running,waiting,paused' } },
  { name: t.long, search: { min: 300, last: '7d' } },
]

/** With the view, in place of one of the same name; by name. */
export const withView = (views: readonly SavedView[], view: SavedView): SavedView[] =>
  [...views.filter(({ name }) => name !== view.name), view].sort((a, b) => a.name.localeCompare(b.name))

/** What another version of this page, or somebody's hand, may have left in the browser. */
export function parseViews(stored: string | undefined): SavedView[] {
  try {
    const found: unknown = JSON.parse(stored ?? '[]')
    if (!Array.isArray(found)) return []
    return found.flatMap((item: unknown) => {
      const { name, search } = (item ?? {}) as { name?: unknown; search?: unknown }
      return typeof name === 'string' && name !== '' && typeof search === 'object' && search !== null
        ? [{ name, search: parseRunsSearch(search as Record<string, unknown>) }]
        : []
    })
  } catch {
    return []
  }
}

/** Filters that somebody has given a name; kept in this browser. */
export const useViews = () =>
  useLocalStorage<SavedView[]>({
    key: 'cm-run-views',
    defaultValue: [],
    deserialize: parseViews,
    getInitialValueInEffect: false,
  })

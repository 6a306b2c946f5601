import { Button } from '@mantine/core'
import { words } from '~/i18n'
import { EmptyState } from '~/ui/EmptyState'
import { LinkButton } from '~/ui/LinkButton'
import { isFiltered, type RunsSearch } from './filter'
import { RunsPicture } from './RunsPicture'

const t = words.runs
const more = words.history.list

interface NoRunsProps {
  search: RunsSearch
  /** How far was looked, when older runs were not looked at yet. */
  searchedUntil: string | null
  searching: boolean
  onGoOn: () => void
  onClear: () => void
}

/** Nothing to list: nothing found so far, nothing that matches, or nothing at all. */
export function NoRuns({ search, searchedUntil, searching, onGoOn, onClear }: NoRunsProps) {
  const clear = (
    <Button variant="default" onClick={onClear}>
      {t.clearFilters}
    </Button>
  )
  if (searchedUntil)
    return (
      <EmptyState title={more.nothingYetTitle} text={more.nothingYetText(searchedUntil)}>
        <Button loading={searching} onClick={onGoOn}>
          {more.goOn}
        </Button>
        {clear}
      </EmptyState>
    )
  if (isFiltered(search)) return <EmptyState title={t.nothingMatches}>{clear}</EmptyState>
  return (
    <EmptyState title={t.emptyTitle} text={t.emptyText} picture={<RunsPicture />}>
      <LinkButton to="/workflows">{t.emptyButton}</LinkButton>
    </EmptyState>
  )
}

import { Button, Chip, Select } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { workflowsQuery } from '~/api/workflows'
import { words } from '~/i18n'
import { FilterPills } from './FilterPills'
import { EXECUTION_STATUSES, isFiltered, type RunsSearch, statusesOf } from './filter'
import { MoreFilters } from './MoreFilters'
import classes from './RunsPage.module.css'
import { TimeFilter } from './TimeFilter'

const t = words.runs
const ALL = 'all'

export interface FilterProps {
  search: RunsSearch
  onChange: (search: RunsSearch) => void
}

/** Filters whose state is the address, so a filtered list can be shared and gone back to. */
export function RunFilters({ search, onChange }: FilterProps) {
  const statuses: string[] = statusesOf(search)
  const choose = (chosen: string[]) => {
    // "All" was ticked just now, or it is all that is left.
    const every = chosen.at(-1) === ALL
    onChange({
      ...search,
      status: every ? undefined : chosen.filter((one) => one !== ALL).join(',') || undefined,
    })
  }
  return (
    <>
      <Chip.Group multiple value={statuses.length > 0 ? statuses : [ALL]} onChange={choose}>
        <div className={classes.chips} role="group" aria-label={t.filterStatus}>
          <Chip value={ALL} size="xs" variant="light">
            {t.allStatuses}
          </Chip>
          {EXECUTION_STATUSES.map((status) => (
            <Chip key={status} value={status} size="xs" variant="light">
              {words.status[status]}
            </Chip>
          ))}
        </div>
      </Chip.Group>
      <WorkflowFilter search={search} onChange={onChange} />
      <TimeFilter search={search} onChange={onChange} />
      <MoreFilters search={search} onChange={onChange} />
      {/* It keeps its place, so that the list does not move down with the first filter. */}
      <Button
        className={isFiltered(search) ? undefined : classes.away}
        variant="subtle"
        size="compact-sm"
        onClick={() => onChange({})}
      >
        {t.clearFilters}
      </Button>
      <FilterPills search={search} onChange={onChange} />
    </>
  )
}

function WorkflowFilter({ search, onChange }: FilterProps) {
  const workflows = useInfiniteQuery(workflowsQuery())
  const names = workflows.data?.pages.flatMap((page) => page.items.map((item) => item.name)) ?? []
  const { workflow } = search
  return (
    <Select
      w={190}
      aria-label={t.filterWorkflow}
      placeholder={t.allWorkflows}
      data={workflow && !names.includes(workflow) ? [workflow, ...names] : names}
      value={workflow ?? null}
      onChange={(chosen) => onChange({ ...search, workflow: chosen ?? undefined })}
      searchable
      clearable
    />
  )
}

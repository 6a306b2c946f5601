import { Button, Chip, Pill, Select, Switch } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { workflowsQuery } from '~/api/workflows'
import { words } from '~/i18n'
import { EXECUTION_STATUSES, type RunsSearch } from '~/pages/search'
import { shortId } from '~/ui/format'
import classes from './RunsPage.module.css'

const t = words.runs
const ALL = 'all'

interface RunFiltersProps {
  filter: RunsSearch
  onChange: (filter: RunsSearch) => void
}

export const isFiltered = ({ workflow, status, backfill, called }: RunsSearch): boolean =>
  Boolean(workflow || status || backfill) || called !== undefined

/** Filters whose state is the address, so a filtered list can be shared and gone back to. */
export function RunFilters({ filter, onChange }: RunFiltersProps) {
  const workflows = useInfiniteQuery(workflowsQuery())
  const names = workflows.data?.pages.flatMap((page) => page.items.map((item) => item.name)) ?? []
  const known = filter.workflow && !names.includes(filter.workflow) ? [filter.workflow, ...names] : names
  return (
    <>
      <Chip.Group
        value={filter.status ?? ALL}
        onChange={(status) =>
          onChange({ ...filter, status: EXECUTION_STATUSES.find((known) => known === status) })
        }
      >
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
      <Select
        w={230}
        aria-label={t.filterWorkflow}
        placeholder={t.allWorkflows}
        data={known}
        value={filter.workflow ?? null}
        onChange={(workflow) => onChange({ ...filter, workflow: workflow ?? undefined })}
        searchable
        clearable
      />
      {filter.backfill ? (
        <Pill
          withRemoveButton
          title={t.ofBackfillHelp(filter.backfill)}
          onRemove={() => onChange({ ...filter, backfill: undefined })}
          removeButtonProps={{ 'aria-label': t.allBackfills, 'aria-hidden': false, tabIndex: 0 }}
        >
          {t.ofBackfill(shortId(filter.backfill))}
        </Pill>
      ) : null}
      <Switch
        size="xs"
        label={t.withoutCalled}
        title={t.withoutCalledHelp}
        checked={filter.called === false}
        onChange={(event) => onChange({ ...filter, called: event.currentTarget.checked ? false : undefined })}
      />
      {/* It keeps its place, so that the list does not move down with the first filter. */}
      <Button
        className={isFiltered(filter) ? undefined : classes.away}
        variant="subtle"
        size="compact-sm"
        onClick={() => onChange({})}
      >
        {t.clearFilters}
      </Button>
    </>
  )
}

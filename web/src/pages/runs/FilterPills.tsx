import { Pill } from '@mantine/core'
import { words } from '~/i18n'
import { formatDuration, shortId } from '~/ui/format'
import type { RunsSearch } from './filter'
import type { FilterProps } from './RunFilters'
import classes from './RunsPage.module.css'

const t = words.history.filters

interface Told {
  text: string
  title?: string
  without: RunsSearch
}

/** The filters that no control beside them shows, in words. */
function told(search: RunsSearch): Told[] {
  const { backfill, called, version, trigger, error, min, max } = search
  const span = (seconds: number | undefined) =>
    seconds === undefined ? null : formatDuration(seconds * 1000)
  const found: Told[] = []
  if (trigger)
    found.push({ text: t.isTrigger(triggerName(trigger)), without: { ...search, trigger: undefined } })
  if (version !== undefined)
    found.push({ text: t.isVersion(version), without: { ...search, version: undefined } })
  if (error) found.push({ text: t.isError(error), without: { ...search, error: undefined } })
  if (min !== undefined || max !== undefined)
    found.push({ text: t.took(span(min), span(max)), without: { ...search, min: undefined, max: undefined } })
  if (called !== undefined)
    found.push({
      text: called ? t.onlyCalled : words.runs.withoutCalled,
      without: { ...search, called: undefined },
    })
  if (backfill)
    found.push({
      text: words.runs.ofBackfill(shortId(backfill)),
      title: words.runs.ofBackfillHelp(backfill),
      without: { ...search, backfill: undefined },
    })
  return found
}

export const triggerName = (type: string): string =>
  words.runs.triggers[type] ?? words.triggers.types[type] ?? type

export function FilterPills({ search, onChange }: FilterProps) {
  const pills = told(search)
  if (pills.length === 0) return null
  return (
    <ul className={classes.pills} aria-label={t.active}>
      {pills.map(({ text, title, without }) => (
        <li key={text}>
          <Pill
            withRemoveButton
            title={title}
            onRemove={() => onChange(without)}
            removeButtonProps={{ 'aria-label': t.remove(text), 'aria-hidden': false, tabIndex: 0 }}
          >
            {text}
          </Pill>
        </li>
      ))}
    </ul>
  )
}

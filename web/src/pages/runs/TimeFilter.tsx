import { Button, Group, Popover, Stack, Text, TextInput } from '@mantine/core'
import { IconCalendar } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { PRESETS } from '~/api/timeRange'
import { rangeText } from '~/history/timeText'
import { words } from '~/i18n'
import type { RunsSearch } from './filter'
import type { FilterProps } from './RunFilters'

const t = words.history.filters

/** As a `datetime-local` field has it: this browser's wall clock, to the minute. */
function localText(iso: string | undefined): string {
  if (!iso) return ''
  const at = new Date(iso)
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

const isoOf = (local: string): string | undefined => (local ? new Date(local).toISOString() : undefined)

/** When the runs were made: back from now, or between two times. */
export function TimeFilter({ search, onChange }: FilterProps) {
  const [opened, setOpened] = useState(false)
  const { last, since, until } = search
  const active = last ?? since ?? until
  const choose = (range: Pick<RunsSearch, 'last' | 'since' | 'until'>) => {
    onChange({ ...search, last: undefined, since: undefined, until: undefined, ...range })
    setOpened(false)
  }
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus>
      <Popover.Target>
        <Button
          variant={active ? 'light' : 'default'}
          leftSection={<IconCalendar size={14} aria-hidden />}
          aria-label={`${t.time}: ${active ? rangeText(search) : t.anyTime}`}
          onClick={() => setOpened(!opened)}
        >
          {active ? rangeText(search) : t.anyTime}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <Stack gap={4} role="group" aria-label={t.time}>
            {[undefined, ...PRESETS].map((preset) => {
              const chosen = preset === undefined ? !active : preset === last
              return (
                <Button
                  key={preset ?? ''}
                  variant={chosen ? 'light' : 'subtle'}
                  color={chosen ? undefined : 'gray'}
                  size="compact-sm"
                  justify="flex-start"
                  aria-pressed={chosen}
                  onClick={() => choose({ last: preset })}
                >
                  {preset ? t.presets[preset] : t.anyTime}
                </Button>
              )
            })}
          </Stack>
          <Between since={since} until={until} onApply={choose} />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}

interface BetweenProps {
  since: string | undefined
  until: string | undefined
  onApply: (range: { since?: string; until?: string }) => void
}

function Between({ since, until, onApply }: BetweenProps) {
  const [from, setFrom] = useState(localText(since))
  const [to, setTo] = useState(localText(until))
  const empty = from !== '' && to !== '' && from >= to
  const apply = (event: FormEvent) => {
    event.preventDefault()
    if (!empty) onApply({ since: isoOf(from), until: isoOf(to) })
  }
  return (
    <form onSubmit={apply}>
      <Group gap="xs" align="flex-end" wrap="nowrap">
        <TextInput
          type="datetime-local"
          label={t.from}
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
        <TextInput
          type="datetime-local"
          label={t.to}
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
        <Button type="submit" disabled={empty || (from === '' && to === '')}>
          {t.apply}
        </Button>
      </Group>
      {empty ? (
        <Text size="xs" c="var(--mantine-color-error)" mt={4} role="alert">
          {t.emptyRange}
        </Text>
      ) : null}
    </form>
  )
}

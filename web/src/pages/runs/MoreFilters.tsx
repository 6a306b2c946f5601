import { Button, Group, NumberInput, Popover, Select, Stack, Switch, TextInput } from '@mantine/core'
import { IconFilter } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { words } from '~/i18n'
import { triggerName } from './FilterPills'
import type { RunsSearch } from './filter'
import type { FilterProps } from './RunFilters'

const t = words.history.filters
const TRIGGERS = ['manual', 'schedule', 'webhook', 'event', 'file', 'workflow']

/** Filters that are needed now and then. */
export function MoreFilters({ search, onChange }: FilterProps) {
  const [opened, setOpened] = useState(false)
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" width={340} trapFocus>
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconFilter size={14} aria-hidden />}
          onClick={() => setOpened(!opened)}
        >
          {t.more}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <Switch
            label={words.runs.withoutCalled}
            description={words.runs.withoutCalledHelp}
            checked={search.called === false}
            onChange={(event) =>
              onChange({ ...search, called: event.currentTarget.checked ? false : undefined })
            }
          />
          <Typed
            search={search}
            onChange={(next) => {
              onChange(next)
              setOpened(false)
            }}
          />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}

const seconds = (value: string | number): number | undefined => (value === '' ? undefined : Number(value))

/** What is typed takes effect when it is applied: half a word is no filter. */
function Typed({ search, onChange }: FilterProps) {
  const [draft, setDraft] = useState<RunsSearch>(search)
  const { trigger, version, error, min, max } = draft
  const change = (more: Partial<RunsSearch>) => setDraft({ ...draft, ...more })
  const bad = min !== undefined && max !== undefined && max < min
  const apply = (event: FormEvent) => {
    event.preventDefault()
    if (!bad) onChange({ ...search, trigger, version, error: error?.trim() || undefined, min, max })
  }
  return (
    <form onSubmit={apply}>
      <Stack gap="sm">
        <Select
          label={t.trigger}
          placeholder={t.anyTrigger}
          data={(trigger && !TRIGGERS.includes(trigger) ? [trigger, ...TRIGGERS] : TRIGGERS).map((value) => ({
            value,
            label: triggerName(value),
          }))}
          value={trigger ?? null}
          onChange={(chosen) => change({ trigger: chosen ?? undefined })}
          comboboxProps={{ withinPortal: false }}
          clearable
        />
        <TextInput
          label={t.error}
          description={t.errorHelp}
          maxLength={200}
          value={error ?? ''}
          onChange={(event) => change({ error: event.currentTarget.value || undefined })}
        />
        <Group gap="xs" grow align="flex-start">
          <NumberInput
            label={t.atLeast}
            suffix={` ${t.seconds}`}
            min={0}
            value={min ?? ''}
            onChange={(value) => change({ min: seconds(value) })}
          />
          <NumberInput
            label={t.atMost}
            suffix={` ${t.seconds}`}
            min={0}
            value={max ?? ''}
            error={bad ? t.badDurations : undefined}
            onChange={(value) => change({ max: seconds(value) })}
          />
        </Group>
        <NumberInput
          label={t.version}
          description={t.versionHelp}
          min={1}
          allowDecimal={false}
          value={version ?? ''}
          onChange={(value) => change({ version: seconds(value) })}
        />
        <Group justify="flex-end">
          <Button type="submit" disabled={bad}>
            {t.apply}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

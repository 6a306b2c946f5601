import { ActionIcon, Button, Popover, Select, Stack, Switch, TextInput, Tooltip } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { IconAdjustments, IconAlertCircle, IconDownload, IconRegex, IconSearch } from '@tabler/icons-react'
import { useCallback, useState } from 'react'
import { words } from '~/i18n'
import classes from './LogView.module.css'
import { LEVELS, type LogLevel } from './logRows'

const t = words.runs

export interface LogSettings {
  text: string
  regex: boolean
  level: LogLevel | null
  node: string | null
  attempt: number | null
  follow: boolean
  grouped: boolean
  wrap: boolean
  relative: boolean
}

/** How one reads logs is kept for the next time; what one looks for is not. */
interface Habits {
  wrap: boolean
  relative: boolean
}

export function useLogSettings(): [LogSettings, (change: Partial<LogSettings>) => void] {
  const [habits, setHabits] = useLocalStorage<Habits>({
    key: 'cm-logs',
    defaultValue: { wrap: true, relative: false },
  })
  const [wanted, setWanted] = useState<Omit<LogSettings, keyof Habits>>({
    text: '',
    regex: false,
    level: null,
    node: null,
    attempt: null,
    follow: true,
    grouped: false,
  })
  const set = useCallback(
    ({ wrap, relative, ...change }: Partial<LogSettings>) => {
      if (wrap !== undefined) setHabits((old) => ({ ...old, wrap }))
      if (relative !== undefined) setHabits((old) => ({ ...old, relative }))
      setWanted((old) => ({ ...old, ...change }))
    },
    [setHabits],
  )
  return [{ ...wanted, ...habits }, set]
}

interface LogToolsProps {
  settings: LogSettings
  onSettings: (change: Partial<LogSettings>) => void
  badRegex: boolean
  live: boolean
  nodes: readonly { id: string; title: string }[] | undefined
  /** The highest attempt that has lines. */
  attempts: number
  onFirstError: () => void
  noError: boolean
  /** Address of the log as a file. */
  download: string
  count: number
}

/** What to look for in a log, and how it is shown. */
export function LogTools(props: LogToolsProps) {
  const { settings, onSettings, badRegex, live, nodes, attempts, onFirstError, noError, download, count } =
    props
  return (
    <div className={classes.bar}>
      <TextInput
        className={classes.search}
        aria-label={t.logsSearch}
        placeholder={t.logsSearch}
        leftSection={<IconSearch size={13} aria-hidden />}
        rightSection={
          <Tooltip label={t.logsRegex}>
            <ActionIcon
              size={20}
              aria-label={t.logsRegex}
              aria-pressed={settings.regex}
              variant={settings.regex ? 'filled' : 'subtle'}
              color={settings.regex ? 'indigo' : 'gray'}
              onClick={() => onSettings({ regex: !settings.regex })}
            >
              <IconRegex size={13} />
            </ActionIcon>
          </Tooltip>
        }
        error={badRegex ? t.logsBadRegex : undefined}
        value={settings.text}
        onChange={(event) => onSettings({ text: event.currentTarget.value })}
      />
      <Select
        w={126}
        aria-label={t.logsLevel}
        placeholder={t.logsLevel}
        data={[...LEVELS]}
        value={settings.level}
        onChange={(level) => onSettings({ level: LEVELS.find((known) => known === level) ?? null })}
        clearable
      />
      {nodes && nodes.length > 1 ? (
        <Select
          w={150}
          aria-label={t.logsNode}
          placeholder={t.logsAllNodes}
          data={nodes.map(({ id, title }) => ({ value: id, label: title }))}
          value={settings.node}
          onChange={(node) => onSettings({ node, attempt: null })}
          searchable
          clearable
        />
      ) : null}
      {attempts > 1 || settings.attempt !== null ? (
        <Select
          w={110}
          aria-label={t.logsAttempt}
          placeholder={t.logsAllAttempts}
          data={Array.from({ length: Math.max(attempts, settings.attempt ?? 1) }, (_, index) => ({
            value: String(index + 1),
            label: words.timeline.attempt(index + 1),
          }))}
          value={settings.attempt === null ? null : String(settings.attempt)}
          onChange={(attempt) => onSettings({ attempt: attempt === null ? null : Number(attempt) })}
          clearable
        />
      ) : null}
      {live ? (
        <Switch
          label={t.logsFollow}
          checked={settings.follow}
          onChange={(event) => onSettings({ follow: event.currentTarget.checked })}
        />
      ) : null}
      <span className={classes.count} aria-live="polite">
        {noError ? `${t.logsNoError} · ` : ''}
        {t.logLines(count)}
      </span>
      <Tooltip label={t.logsFirstError}>
        <ActionIcon size={26} aria-label={t.logsFirstError} onClick={onFirstError}>
          <IconAlertCircle size={16} stroke={1.8} />
        </ActionIcon>
      </Tooltip>
      <ViewMenu settings={settings} onSettings={onSettings} />
      <Button
        component="a"
        href={download}
        download
        size="compact-sm"
        variant="default"
        leftSection={<IconDownload size={14} aria-hidden />}
      >
        {t.logsDownload}
      </Button>
    </div>
  )
}

function ViewMenu({ settings, onSettings }: Pick<LogToolsProps, 'settings' | 'onSettings'>) {
  const choice = (key: 'grouped' | 'wrap' | 'relative', label: string) => (
    <Switch
      label={label}
      checked={settings[key]}
      onChange={(event) => onSettings({ [key]: event.currentTarget.checked })}
    />
  )
  return (
    <Popover position="bottom-end" trapFocus>
      <Popover.Target>
        <ActionIcon size={26} aria-label={t.logsView}>
          <IconAdjustments size={16} stroke={1.8} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap={10}>
          {choice('grouped', t.logsGroup)}
          {choice('wrap', t.logsWrap)}
          {choice('relative', t.logsRelative)}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}

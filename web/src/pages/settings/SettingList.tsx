import { Button, Switch, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { settingsQuery } from '~/api/settings'
import type { Setting } from '~/api/types'
import { words } from '~/i18n'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { type ListColumn, ListTable } from '~/ui/ListTable'
import { Page } from '~/ui/Page'
import { PagePending } from '~/ui/PagePending'
import { useSlow } from '~/ui/useSlow'
import { SettingsViews } from './SettingsViews'
import classes from './settings.module.css'

const t = words.settings

function Value({ setting }: { setting: Setting }) {
  if (setting.secret && setting.is_set) return <em className={classes.muted}>{t.secretSet}</em>
  if (setting.value === '') return <em className={classes.muted}>{t.empty}</em>
  return (
    <code className={classes.value} title={setting.value}>
      {setting.value}
    </code>
  )
}

const COLUMNS: ListColumn<Setting>[] = [
  {
    key: 'name',
    head: t.name,
    width: 330,
    cell: (item) => <code title={item.name}>{item.name}</code>,
  },
  { key: 'value', head: t.value, width: 260, cell: (item) => <Value setting={item} /> },
  {
    key: 'origin',
    head: t.origin,
    width: 160,
    cell: (item) => (
      <span className={item.origin === 'default' ? classes.muted : undefined}>{t.origins[item.origin]}</span>
    ),
  },
  { key: 'help', head: t.help, cell: (item) => <span title={item.help}>{item.help}</span> },
]

/** All settings of the server with their values and where each comes from; they can only be read here. */
export function SettingList() {
  const query = useQuery(settingsQuery())
  const slow = useSlow(query.isPending)
  const [text, setText] = useState('')
  const [changed, setChanged] = useState(false)
  const wanted = text.trim().toLowerCase()
  const rows = (query.data ?? []).filter(
    (item) =>
      (!changed || item.origin !== 'default') && `${item.name} ${item.help}`.toLowerCase().includes(wanted),
  )
  return (
    <Page
      title={t.title}
      about={t.about}
      toolbar={
        <>
          <SettingsViews view="settings" />
          <TextInput
            w={240}
            aria-label={t.search}
            placeholder={t.search}
            leftSection={<IconSearch size={14} aria-hidden />}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Switch
            label={t.onlyChanged}
            checked={changed}
            onChange={(event) => setChanged(event.currentTarget.checked)}
          />
        </>
      }
    >
      {query.error ? (
        <ErrorNote title={t.loadFailed} error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
      {slow ? <PagePending /> : null}
      {query.isSuccess && rows.length === 0 ? (
        <EmptyState title={t.nothingMatches}>
          <Button
            variant="default"
            onClick={() => {
              setText('')
              setChanged(false)
            }}
          >
            {t.clear}
          </Button>
        </EmptyState>
      ) : null}
      {rows.length > 0 ? (
        <ListTable label={t.list} columns={COLUMNS} rows={rows} rowKey={(item) => item.name} />
      ) : null}
    </Page>
  )
}

import { Button, TextInput, UnstyledButton } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { auditQuery } from '~/api/settings'
import type { AuditEntry } from '~/api/types'
import { words } from '~/i18n'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { type ListColumn, ListTable } from '~/ui/ListTable'
import { LoadMore } from '~/ui/LoadMore'
import { Page } from '~/ui/Page'
import { PagePending } from '~/ui/PagePending'
import { Time } from '~/ui/Time'
import { useSlow } from '~/ui/useSlow'
import { SettingsViews } from './SettingsViews'
import classes from './settings.module.css'

const t = words.settings
const route = getRouteApi('/settings')
const WAIT_MS = 300
type Field = 'actor' | 'action' | 'target'

function columns(narrow: (field: Field, value: string) => void): ListColumn<AuditEntry>[] {
  const narrowing = (field: Field) => (item: AuditEntry) => (
    <UnstyledButton
      className={classes.narrow}
      title={t.narrowTo(item[field])}
      onClick={() => narrow(field, item[field])}
    >
      {item[field]}
    </UnstyledButton>
  )
  return [
    { key: 'at', head: t.when, width: 150, cell: (item) => <Time at={item.at} /> },
    { key: 'actor', head: t.actor, width: 200, cell: narrowing('actor') },
    { key: 'action', head: t.action, width: 200, cell: narrowing('action') },
    { key: 'target', head: t.target, width: 360, cell: narrowing('target') },
    {
      key: 'data',
      head: t.data,
      cell: (item) => {
        const text = Object.entries(item.data)
          .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
          .join(' · ')
        return <span title={text}>{text}</span>
      },
    },
  ]
}

/** The audit: a list without an end, narrowed by who, what and to what. */
export function Audit() {
  const { actor, action, target } = route.useSearch()
  const navigate = route.useNavigate()
  const query = useInfiniteQuery(auditQuery({ actor, action, target }))
  const slow = useSlow(query.isPending)
  const rows = query.data?.pages.flatMap((page) => page.items) ?? []
  const narrow = (field: Field, value: string) =>
    void navigate({ search: (old) => ({ ...old, [field]: value.trim() || undefined }), replace: true })
  return (
    <Page
      title={t.title}
      about={t.auditAbout}
      toolbar={
        <>
          <SettingsViews view="audit" />
          <Narrow label={t.onlyActor} value={actor} onChange={(value) => narrow('actor', value)} />
          <Narrow label={t.onlyAction} value={action} onChange={(value) => narrow('action', value)} />
          <Narrow label={t.onlyTarget} value={target} onChange={(value) => narrow('target', value)} />
        </>
      }
    >
      {query.error ? (
        <ErrorNote title={t.auditFailed} error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
      {slow ? <PagePending /> : null}
      {query.isSuccess && rows.length === 0 ? (
        <EmptyState title={t.auditEmpty}>
          <Button
            variant="default"
            onClick={() => void navigate({ search: { view: 'audit' }, replace: true })}
          >
            {t.clearAudit}
          </Button>
        </EmptyState>
      ) : null}
      {rows.length > 0 ? (
        <ListTable
          label={t.views.audit}
          columns={columns(narrow)}
          rows={rows}
          rowKey={(item) => `${item.at} ${item.action} ${item.target} ${rows.indexOf(item)}`}
          footer={
            <LoadMore
              label={t.more}
              more={query.hasNextPage}
              loading={query.isFetchingNextPage}
              onMore={() => void query.fetchNextPage()}
              end={t.auditEnd(rows.length)}
            />
          }
        />
      ) : null}
    </Page>
  )
}

interface NarrowProps {
  label: string
  value: string | undefined
  onChange: (value: string) => void
}

/** A filter of whole values; the address follows once nothing more is typed. */
function Narrow({ label, value, onChange }: NarrowProps) {
  const [text, setText] = useState(value ?? '')
  const tell = useDebouncedCallback(onChange, WAIT_MS)
  useEffect(() => setText(value ?? ''), [value])
  return (
    <TextInput
      w={200}
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value)
        tell(event.currentTarget.value)
      }}
    />
  )
}

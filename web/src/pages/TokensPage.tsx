import { Button, Switch, Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { IconBan, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { tokensQuery, useRevokeToken } from '~/api/access'
import type { Token } from '~/api/types'
import { words } from '~/i18n'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { type ListColumn, ListTable } from '~/ui/ListTable'
import { Page } from '~/ui/Page'
import { PagePending } from '~/ui/PagePending'
import { Time } from '~/ui/Time'
import { useSlow } from '~/ui/useSlow'
import { SettingsViews } from './settings/SettingsViews'
import { NewTokenDialog } from './tokens/NewTokenDialog'
import { stateOf } from './tokens/stateOf'

const t = words.access

function State({ token }: { token: Token }) {
  const state = stateOf(token, Date.now())
  if (state !== 'inUse')
    return (
      <Text span size="sm" c="dimmed">
        {t[state]}
      </Text>
    )
  if (token.expires_at === null) return <span>{t.inUse}</span>
  return (
    <span>
      {t.until} <Time at={token.expires_at} />
    </span>
  )
}

function columns(onRevoke: (token: Token) => void): ListColumn<Token>[] {
  return [
    {
      key: 'name',
      head: t.name,
      cell: (item) => (
        <Text span size="sm" fw={600}>
          {item.name}
        </Text>
      ),
    },
    {
      key: 'scope',
      head: t.scope,
      width: 140,
      cell: (item) => item.scopes.map((scope) => t.scopes[scope].label).join(', '),
    },
    { key: 'state', head: t.state, width: 170, cell: (item) => <State token={item} /> },
    { key: 'created', head: t.created, width: 150, cell: (item) => <Time at={item.created_at} /> },
    {
      key: 'used',
      head: t.lastUsed,
      width: 150,
      cell: (item) => (item.last_used_at ? <Time at={item.last_used_at} /> : t.never),
    },
    {
      key: 'actions',
      head: t.revoke,
      hideHead: true,
      width: 130,
      align: 'right',
      cell: (item) =>
        stateOf(item, Date.now()) === 'inUse' ? (
          <span data-row-actions>
            <Button
              variant="default"
              size="compact-sm"
              leftSection={<IconBan size={14} aria-hidden />}
              aria-label={t.revokeNamed(item.name)}
              onClick={() => onRevoke(item)}
            >
              {t.revoke}
            </Button>
          </span>
        ) : null,
    },
  ]
}

/** API tokens: what there is, a new one, revoke. A secret is seen once, when it is made. */
export function TokensPage() {
  const query = useQuery(tokensQuery())
  const revoke = useRevokeToken()
  const slow = useSlow(query.isPending)
  const [creating, setCreating] = useState(false)
  const [all, setAll] = useState(false)
  const tokens = query.data ?? []
  const good = tokens.filter((token) => stateOf(token, Date.now()) === 'inUse')
  const ended = tokens.length - good.length
  const rows = all ? tokens : good
  const create = (
    <Button leftSection={<IconPlus size={15} aria-hidden />} onClick={() => setCreating(true)}>
      {t.create}
    </Button>
  )
  const confirmRevoke = ({ id, name }: Token) =>
    modals.openConfirmModal({
      title: t.revokeTitle(name),
      children: <Text size="sm">{t.revokeText}</Text>,
      labels: { confirm: t.revokeConfirm, cancel: words.shell.cancel },
      confirmProps: { color: 'red' },
      onConfirm: () =>
        revoke.mutate(id, {
          onError: (error) =>
            notifications.show({
              color: 'red',
              title: t.revokeFailed,
              message: error.message,
              autoClose: false,
            }),
        }),
    })
  const toolbar = (
    <>
      <SettingsViews view="tokens" />
      {ended > 0 ? (
        <Switch
          size="sm"
          label={t.showRevoked(ended)}
          checked={all}
          onChange={(event) => setAll(event.currentTarget.checked)}
        />
      ) : null}
    </>
  )

  return (
    <Page title={t.tokens} about={t.tokensAbout} actions={rows.length > 0 ? create : null} toolbar={toolbar}>
      {query.error ? (
        <ErrorNote title={t.loadFailed} error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
      {slow ? <PagePending /> : null}
      {query.isSuccess && rows.length === 0 ? (
        <EmptyState title={t.emptyTitle} text={t.emptyText}>
          {create}
        </EmptyState>
      ) : null}
      {rows.length > 0 ? (
        <ListTable label={t.tokens} columns={columns(confirmRevoke)} rows={rows} rowKey={(item) => item.id} />
      ) : null}
      <NewTokenDialog opened={creating} onClose={() => setCreating(false)} />
    </Page>
  )
}

import { Button, Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { connectionsQuery, useDeleteConnection } from '~/api/connections'
import type { Connection } from '~/api/types'
import { words } from '~/i18n'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { type ListColumn, ListTable } from '~/ui/ListTable'
import { MiniGraph } from '~/ui/MiniGraph'
import { Page } from '~/ui/Page'
import { PagePending } from '~/ui/PagePending'
import { Time } from '~/ui/Time'
import { useSlow } from '~/ui/useSlow'
import { NewConnectionDialog } from './connections/NewConnectionDialog'

const t = words.connections
const PICTURE = [
  { title: t.emptyPicture[0] ?? '', category: 'logic', icon: 'key' },
  { title: t.emptyPicture[1] ?? '', category: 'http', icon: 'http' },
]

function columns(onRemove: (connection: Connection) => void): ListColumn<Connection>[] {
  return [
    {
      key: 'name',
      head: t.name,
      width: 280,
      cell: (item) => (
        <Text span size="sm" fw={600}>
          {item.name}
        </Text>
      ),
    },
    { key: 'type', head: t.type, width: 140, cell: (item) => <code>{item.type}</code> },
    {
      key: 'fields',
      head: t.fields,
      cell: (item) => (
        <Text span size="sm" c="dimmed">
          {item.fields.map((field) => `${field} ••••`).join('   ')}
        </Text>
      ),
    },
    { key: 'changed', head: t.changed, width: 150, cell: (item) => <Time at={item.updated_at} /> },
    {
      key: 'actions',
      head: t.remove,
      hideHead: true,
      width: 130,
      align: 'right',
      cell: (item) => (
        <span data-row-actions>
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<IconTrash size={14} aria-hidden />}
            aria-label={t.removeNamed(item.name)}
            onClick={() => onRemove(item)}
          >
            {t.remove}
          </Button>
        </span>
      ),
    },
  ]
}

/** Named secrets: what there is, a new one, delete. Values go in and never come out. */
export function ConnectionsPage() {
  const query = useQuery(connectionsQuery())
  const remove = useDeleteConnection()
  const slow = useSlow(query.isPending)
  const [creating, setCreating] = useState(false)
  const rows = query.data ?? []
  const create = (
    <Button leftSection={<IconPlus size={15} aria-hidden />} onClick={() => setCreating(true)}>
      {t.create}
    </Button>
  )
  const confirmRemove = ({ name }: Connection) =>
    modals.openConfirmModal({
      title: t.removeTitle(name),
      children: <Text size="sm">{t.removeText}</Text>,
      labels: { confirm: t.removeConfirm, cancel: words.shell.cancel },
      confirmProps: { color: 'red' },
      onConfirm: () =>
        remove.mutate(name, {
          onError: (error) =>
            notifications.show({
              color: 'red',
              title: t.removeFailed,
              message: error.message,
              autoClose: false,
            }),
        }),
    })

  return (
    <Page title={t.title} about={t.about} actions={rows.length > 0 ? create : null}>
      {query.error ? (
        <ErrorNote title={t.loadFailed} error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
      {slow ? <PagePending /> : null}
      {query.isSuccess && rows.length === 0 ? (
        <EmptyState title={t.emptyTitle} text={t.emptyText} picture={<MiniGraph nodes={PICTURE} />}>
          {create}
        </EmptyState>
      ) : null}
      {rows.length > 0 ? (
        <ListTable
          label={t.title}
          columns={columns(confirmRemove)}
          rows={rows}
          rowKey={(item) => item.name}
        />
      ) : null}
      <NewConnectionDialog opened={creating} onClose={() => setCreating(false)} />
    </Page>
  )
}

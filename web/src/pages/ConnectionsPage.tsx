import { Button, Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { connectionsQuery, connectionUsesQuery, useDeleteConnection } from '~/api/connections'
import type { Connection } from '~/api/types'
import { ConnectionDialog } from '~/connections/ConnectionDialog'
import { words } from '~/i18n'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { ListTable } from '~/ui/ListTable'
import { MiniGraph } from '~/ui/MiniGraph'
import { Page } from '~/ui/Page'
import { PagePending } from '~/ui/PagePending'
import { useSlow } from '~/ui/useSlow'
import { columns, usersOf } from './connections/columns'

const t = words.connections
const PICTURE = [
  { title: t.emptyPicture[0] ?? '', category: 'logic', icon: 'key' },
  { title: t.emptyPicture[1] ?? '', category: 'http', icon: 'http' },
]

/** Named credentials: what there is and who uses it, a new one, change, test, delete. Values go in and never come out. */
export function ConnectionsPage() {
  const query = useQuery(connectionsQuery())
  const uses = useQuery(connectionUsesQuery())
  const remove = useDeleteConnection()
  const slow = useSlow(query.isPending)
  // Of the dialog: a connection to change, or null for a new one.
  const [edited, setEdited] = useState<Connection | null>(null)
  const [opened, setOpened] = useState(false)
  const open = (connection: Connection | null) => {
    setEdited(connection)
    setOpened(true)
  }
  const rows = query.data ?? []
  const create = (
    <Button leftSection={<IconPlus size={15} aria-hidden />} onClick={() => open(null)}>
      {t.create}
    </Button>
  )
  const confirmRemove = ({ name }: Connection) => {
    const users = usersOf(name, uses.data ?? [])
    modals.openConfirmModal({
      title: t.removeTitle(name),
      children: (
        <Text size="sm">
          {users.length > 0 ? t.removeUsed(users.join(', ')) : null} {t.removeText}
        </Text>
      ),
      labels: { confirm: t.removeConfirm, cancel: words.shell.cancel },
      confirmProps: { color: 'red' },
      onConfirm: () =>
        remove.mutate(
          { name, force: users.length > 0 },
          {
            onError: (error) =>
              notifications.show({
                color: 'red',
                title: t.removeFailed,
                message: error.message,
                autoClose: false,
              }),
          },
        ),
    })
  }

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
          columns={columns({ uses: uses.data ?? [], onEdit: open, onRemove: confirmRemove })}
          rows={rows}
          rowKey={(item) => item.name}
        />
      ) : null}
      <ConnectionDialog opened={opened} stored={edited} onClose={() => setOpened(false)} />
    </Page>
  )
}

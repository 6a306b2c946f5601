import { Badge, Button, Group, Text, Tooltip } from '@mantine/core'
import { IconPencil, IconTrash } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Connection, ConnectionUse } from '~/api/types'
import classes from '~/connections/connections.module.css'
import { TestCell } from '~/connections/TestCell'
import { words } from '~/i18n'
import type { ListColumn } from '~/ui/ListTable'
import { Time } from '~/ui/Time'

const t = words.connections

interface Actions {
  uses: readonly ConnectionUse[]
  onEdit: (connection: Connection) => void
  onRemove: (connection: Connection) => void
}

/** Names of the workflows that name a connection, each once. */
export function usersOf(name: string, uses: readonly ConnectionUse[]): string[] {
  return [...new Set(uses.filter((use) => use.connection === name).map((use) => use.workflow))]
}

function UsedBy({ names }: { names: readonly string[] }) {
  if (names.length === 0)
    return (
      <Text span size="sm" c="dimmed">
        {t.unused}
      </Text>
    )
  return (
    <span className={classes.uses} title={names.join(', ')}>
      {names.map((name, index) => (
        <span key={name}>
          {index > 0 ? ', ' : ''}
          <Link to="/workflows/$name" params={{ name }}>
            {name}
          </Link>
        </span>
      ))}
    </span>
  )
}

function Source({ connection }: { connection: Connection }) {
  if (connection.problem)
    return (
      <Tooltip label={`${connection.place}: ${connection.problem}`} multiline maw={420}>
        <Badge color="red" variant="light" size="sm">
          {t.broken}
        </Badge>
      </Tooltip>
    )
  if (!connection.read_only) return connection.updated_at ? <Time at={connection.updated_at} /> : null
  return (
    <Tooltip label={t.givenBy(connection.place ?? '')} multiline maw={420}>
      <Badge color="gray" variant="light" size="sm">
        {t.sources[connection.source]}
      </Badge>
    </Tooltip>
  )
}

export function columns({ uses, onEdit, onRemove }: Actions): ListColumn<Connection>[] {
  return [
    {
      key: 'name',
      head: t.name,
      width: 200,
      cell: (item) => (
        <Text span size="sm" fw={600}>
          {item.name}
        </Text>
      ),
    },
    { key: 'type', head: t.type, width: 100, cell: (item) => <code>{item.type}</code> },
    {
      key: 'fields',
      head: t.fields,
      cell: (item) => (
        <Text span size="sm" c="dimmed" className={classes.uses} title={item.fields.join(', ')}>
          {item.fields.join(', ')}
        </Text>
      ),
    },
    {
      key: 'uses',
      head: t.usedBy,
      width: 220,
      cell: (item) => <UsedBy names={usersOf(item.name, uses)} />,
    },
    { key: 'changed', head: t.changed, width: 130, cell: (item) => <Source connection={item} /> },
    { key: 'test', head: t.health, width: 110, cell: (item) => <TestCell name={item.name} /> },
    {
      key: 'actions',
      head: t.actions,
      hideHead: true,
      width: 190,
      align: 'right',
      cell: (item) =>
        item.read_only ? null : (
          <Group gap={6} wrap="nowrap" justify="flex-end" data-row-actions>
            <Button
              variant="default"
              size="compact-sm"
              leftSection={<IconPencil size={14} aria-hidden />}
              aria-label={t.editNamed(item.name)}
              onClick={() => onEdit(item)}
            >
              {t.edit}
            </Button>
            <Button
              variant="default"
              size="compact-sm"
              leftSection={<IconTrash size={14} aria-hidden />}
              aria-label={t.removeNamed(item.name)}
              onClick={() => onRemove(item)}
            >
              {t.remove}
            </Button>
          </Group>
        ),
    },
  ]
}

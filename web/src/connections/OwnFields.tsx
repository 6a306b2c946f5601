import { ActionIcon, Button, Group, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { words } from '~/i18n'
import type { JsonObject } from '~/model/json'

const t = words.connections

interface Row {
  id: number
  key: string
  value: string
}

/** Fields of a type that only a node of one's own knows: any names, and every value a secret. */
export function OwnFields({ onChange }: { onChange: (values: JsonObject) => void }) {
  const [rows, setRows] = useState<Row[]>([{ id: 0, key: '', value: '' }])
  const change = (next: Row[]) => {
    setRows(next)
    const given = next.filter((row) => row.key.trim() !== '' && row.value !== '')
    onChange(Object.fromEntries(given.map((row) => [row.key.trim(), row.value])))
  }
  const edit = (id: number, part: Partial<Row>) =>
    change(rows.map((row) => (row.id === id ? { ...row, ...part } : row)))
  return (
    <div>
      <Text size="xs" c="dimmed" mb={6}>
        {t.valuesHelp}
      </Text>
      <Stack gap={8}>
        {rows.map((row) => (
          <Group key={row.id} gap={8} wrap="nowrap">
            <TextInput
              w={170}
              aria-label={t.key}
              placeholder={t.key}
              classNames={{ input: 'cm-mono' }}
              value={row.key}
              onChange={(event) => edit(row.id, { key: event.currentTarget.value })}
            />
            <PasswordInput
              style={{ flex: 1 }}
              aria-label={t.value}
              placeholder={t.value}
              autoComplete="new-password"
              value={row.value}
              onChange={(event) => edit(row.id, { value: event.currentTarget.value })}
            />
            <ActionIcon
              aria-label={t.removeValue}
              onClick={() => change(rows.filter((item) => item.id !== row.id))}
            >
              <IconX size={15} />
            </ActionIcon>
          </Group>
        ))}
      </Stack>
      <Button
        variant="subtle"
        size="compact-xs"
        mt={8}
        leftSection={<IconPlus size={13} />}
        onClick={() =>
          change([...rows, { id: Math.max(-1, ...rows.map((row) => row.id)) + 1, key: '', value: '' }])
        }
      >
        {t.addValue}
      </Button>
    </div>
  )
}

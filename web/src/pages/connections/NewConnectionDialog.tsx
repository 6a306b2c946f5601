import {
  ActionIcon,
  Autocomplete,
  Button,
  Group,
  Modal,
  PasswordInput,
  Stack,
  Text,
  TextInput,
} from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { useCreateConnection } from '~/api/connections'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'

const t = words.connections

const HTTP = 'http'

interface Field {
  id: number
  key: string
  value: string
}

export function NewConnectionDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={t.newTitle} size="lg">
      <Form onClose={onClose} />
    </Modal>
  )
}

function Form({ onClose }: { onClose: () => void }) {
  const create = useCreateConnection()
  const [name, setName] = useState('')
  const [type, setType] = useState(t.typeSuggestions[0] ?? '')
  const [fields, setFields] = useState<Field[]>([{ id: 0, key: t.keySuggestion, value: '' }])
  const change = (id: number, part: Partial<Field>) =>
    setFields((now) => now.map((field) => (field.id === id ? { ...field, ...part } : field)))
  const add = () =>
    setFields((now) => [
      ...now,
      { id: Math.max(-1, ...now.map((field) => field.id)) + 1, key: '', value: '' },
    ])

  const submit = (event: FormEvent) => {
    event.preventDefault()
    const values = Object.fromEntries(
      fields.filter((field) => field.key.trim() !== '').map((field) => [field.key.trim(), field.value]),
    )
    create.mutate({ name: name.trim(), type: type.trim(), values }, { onSuccess: onClose })
  }

  return (
    <form onSubmit={submit} autoComplete="off">
      <Stack gap="sm">
        <TextInput
          label={t.nameField}
          description={t.nameHelp}
          required
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Autocomplete
          label={t.typeField}
          description={t.typeHelp}
          required
          data={t.typeSuggestions}
          value={type}
          onChange={setType}
        />
        <div>
          <Text size="xs" fw={500}>
            {t.values}
          </Text>
          <Text size="xs" c="dimmed" mb={6}>
            {t.valuesHelp} {type === HTTP ? t.httpHelp : null}
          </Text>
          <Stack gap={8}>
            {fields.map((field) => (
              <FieldRow
                key={field.id}
                field={field}
                suggestions={type === HTTP ? t.httpFields : []}
                onChange={(part) => change(field.id, part)}
                onRemove={() => setFields((now) => now.filter((item) => item.id !== field.id))}
              />
            ))}
          </Stack>
          <Button
            variant="subtle"
            size="compact-xs"
            mt={8}
            leftSection={<IconPlus size={13} />}
            onClick={add}
          >
            {t.addValue}
          </Button>
        </div>
        {create.error ? <ErrorNote title={t.saveFailed} error={create.error} /> : null}
        <Group justify="flex-end" gap="xs" mt={4}>
          <Button variant="default" onClick={onClose}>
            {words.shell.cancel}
          </Button>
          <Button
            type="submit"
            loading={create.isPending}
            disabled={name.trim() === '' || type.trim() === ''}
          >
            {t.save}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

interface FieldRowProps {
  field: Field
  suggestions: string[]
  onChange: (part: Partial<Field>) => void
  onRemove: () => void
}

function FieldRow({ field, suggestions, onChange, onRemove }: FieldRowProps) {
  return (
    <Group gap={8} wrap="nowrap">
      <Autocomplete
        w={170}
        data={suggestions}
        aria-label={t.key}
        placeholder={t.key}
        classNames={{ input: 'cm-mono' }}
        value={field.key}
        onChange={(key) => onChange({ key })}
      />
      <PasswordInput
        style={{ flex: 1 }}
        aria-label={t.value}
        placeholder={t.value}
        autoComplete="new-password"
        value={field.value}
        onChange={(event) => onChange({ value: event.currentTarget.value })}
      />
      <ActionIcon aria-label={t.removeValue} onClick={onRemove}>
        <IconX size={15} />
      </ActionIcon>
    </Group>
  )
}

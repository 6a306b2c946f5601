import { Button, Group, Modal, Radio, Select, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useCreateToken } from '~/api/access'
import type { CreatedToken, TokenScope } from '~/api/types'
import { words } from '~/i18n'
import { CopyButton } from '~/ui/CopyButton'
import { ErrorNote } from '~/ui/ErrorNote'
import classes from './NewTokenDialog.module.css'

const t = words.access
const SCOPES = Object.keys(t.scopes) as TokenScope[]
const NEVER = 'never'
const EXPIRIES = ['30', '90', '365', NEVER].map((value) => ({
  value,
  label: t.expiries[value as keyof typeof t.expiries],
}))
const DAY_MS = 86_400_000

/** A form, and then the one look at the secret. */
export function NewTokenDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [made, setMade] = useState<CreatedToken | null>(null)
  const close = () => {
    onClose()
    setMade(null)
  }
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={made ? t.shownTitle : t.newTitle}
      size="lg"
      // A click beside it must not lose what cannot be seen again.
      closeOnClickOutside={!made}
      closeOnEscape={!made}
    >
      {made ? <Shown made={made} onDone={close} /> : <Form onMade={setMade} onClose={close} />}
    </Modal>
  )
}

function Form({ onMade, onClose }: { onMade: (made: CreatedToken) => void; onClose: () => void }) {
  const create = useCreateToken()
  const [name, setName] = useState('')
  const [scope, setScope] = useState<TokenScope>('read')
  const [days, setDays] = useState('90')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const expires_at = days === NEVER ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString()
    create.mutate({ name: name.trim(), scopes: [scope], expires_at }, { onSuccess: onMade })
  }
  return (
    <form onSubmit={submit} autoComplete="off">
      <Stack gap="sm">
        <TextInput
          label={t.nameField}
          description={t.nameHelp}
          required
          data-autofocus
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Radio.Group label={t.scopeField} value={scope} onChange={(value) => setScope(value as TokenScope)}>
          <Stack gap={8} mt={6}>
            {SCOPES.map((value) => (
              <Radio
                key={value}
                value={value}
                label={t.scopes[value].label}
                description={t.scopes[value].help}
              />
            ))}
          </Stack>
        </Radio.Group>
        <Select
          label={t.expiryField}
          data={EXPIRIES}
          value={days}
          allowDeselect={false}
          onChange={(value) => setDays(value ?? NEVER)}
        />
        {create.error ? <ErrorNote title={t.saveFailed} error={create.error} /> : null}
        <Group justify="flex-end" gap="xs" mt={4}>
          <Button variant="default" onClick={onClose}>
            {words.shell.cancel}
          </Button>
          <Button type="submit" loading={create.isPending} disabled={name.trim() === ''}>
            {t.save}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function Shown({ made, onDone }: { made: CreatedToken; onDone: () => void }) {
  const example = `curl -H 'Authorization: Bearer ${made.token}' ${window.location.origin}/api/v1/workflows`
  return (
    <Stack gap="sm">
      <Text size="sm">{t.shownText}</Text>
      <div className={classes.secret}>
        <code data-testid="new-token">{made.token}</code>
        <CopyButton text={made.token} label={t.copyToken} />
      </div>
      <Text size="xs" c="dimmed">
        {t.example}
      </Text>
      <div className={classes.secret}>
        <code>{example}</code>
        <CopyButton text={example} />
      </div>
      <Group justify="flex-end">
        <Button onClick={onDone}>{t.done}</Button>
      </Group>
    </Stack>
  )
}

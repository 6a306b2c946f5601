import { Anchor, Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ApiError } from '~/api/problem'
import { fetchWorkflowOrNull, useCreateWorkflow } from '~/api/workflows'
import { words } from '~/i18n'
import { emptyDocument, WORKFLOW_NAME } from '~/model/workflow'
import { ErrorNote } from '~/ui/ErrorNote'

const t = words.workflows

/** `Worst routes of the month` → `worst-routes-of-the-month`. */
export function nameFromTitle(title: string): string {
  return title
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
}

class NameTaken extends Error {}

/** Ask for title and name, store an empty unpublished workflow, open it. */
export function NewWorkflowDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={t.newTitle}>
      <Form onClose={onClose} />
    </Modal>
  )
}

function Form({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const create = useCreateWorkflow()
  const [title, setTitle] = useState('')
  const [typedName, setTypedName] = useState<string | null>(null)
  const [error, setError] = useState<Error | null>(null)
  const name = typedName ?? nameFromTitle(title)
  const invalid = name !== '' && !WORKFLOW_NAME.test(name)
  const taken = error instanceof NameTaken

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setError(null)
    try {
      // POST would add a version to a workflow of that name; a new one must not.
      if (await fetchWorkflowOrNull(name)) throw new NameTaken(t.nameTaken(name))
      const document = { ...emptyDocument(name), ...(title.trim() ? { title: title.trim() } : {}) }
      await create.mutateAsync({ document, publish: false })
      onClose()
      await navigate({ to: '/workflows/$name', params: { name } })
    } catch (caught) {
      setError(caught instanceof Error ? caught : new ApiError(0, {}))
    }
  }

  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput
          label={t.titleField}
          placeholder={t.titlePlaceholder}
          data-autofocus
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <TextInput
          label={t.nameField}
          description={t.nameHelp}
          required
          classNames={{ input: 'cm-mono' }}
          value={name}
          error={invalid ? t.nameInvalid : taken ? error?.message : null}
          onChange={(event) => setTypedName(event.currentTarget.value)}
        />
        {error && !taken ? <ErrorNote title={t.createFailed} error={error} /> : null}
        <Group justify="flex-end" gap="xs" mt={4}>
          <Anchor component={Link} to="/templates" size="sm" mr="auto" onClick={onClose}>
            {words.templates.fromTemplate}
          </Anchor>
          <Button variant="default" onClick={onClose}>
            {words.shell.cancel}
          </Button>
          <Button type="submit" disabled={name === '' || invalid} loading={create.isPending}>
            {t.createButton}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

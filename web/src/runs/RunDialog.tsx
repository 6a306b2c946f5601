import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useRef, useState } from 'react'
import { useStartExecution } from '~/api/executions'
import { ApiError } from '~/api/problem'
import type { Execution, Workflow } from '~/api/types'
import { workflowQuery } from '~/api/workflows'
import { SchemaForm } from '~/forms/SchemaForm'
import { words } from '~/i18n'
import type { JsonObject } from '~/model/json'
import { ErrorNote } from '~/ui/ErrorNote'
import { PagePending } from '~/ui/PagePending'
import { inputDefaults, inputsSchema } from './inputs'

const t = words.runs

interface RunDialogProps {
  workflow: string
  /** Without one the published version runs. */
  version?: number
  /** Values to begin with, e.g. those of an earlier run. */
  values?: JsonObject
  opened: boolean
  onClose: () => void
  onStarted: (execution: Execution) => void
}

/** Start a run: the form is made of the workflow's `inputs`. */
export function RunDialog(props: RunDialogProps) {
  const { workflow, version, opened, onClose } = props
  const newest = useQuery({ ...workflowQuery(workflow), enabled: opened && version === undefined })
  const wanted = version ?? newest.data?.published ?? undefined
  const same = newest.data !== undefined && newest.data.version === wanted
  const exact = useQuery({
    ...workflowQuery(workflow, wanted),
    enabled: opened && wanted !== undefined && !same,
  })
  const found = same ? newest.data : exact.data
  const error = newest.error ?? exact.error
  const unpublished = version === undefined && newest.data?.published === null

  return (
    <Modal opened={opened} onClose={onClose} title={t.dialogTitle(found?.document.title || workflow)}>
      {error ? <ErrorNote error={error} /> : null}
      {unpublished ? <Text size="sm">{t.dialogNotPublished}</Text> : null}
      {!found && !error && !unpublished ? <PagePending /> : null}
      {found && !unpublished ? <RunForm {...props} found={found} /> : null}
    </Modal>
  )
}

function RunForm({ found, values, version, onClose, onStarted }: RunDialogProps & { found: Workflow }) {
  const declared = found.document.inputs ?? {}
  const [inputs, setInputs] = useState<JsonObject>(() => ({ ...inputDefaults(declared), ...values }))
  const start = useStartExecution()
  // One key per opened dialog: a double click or a retry after a lost answer starts one run.
  const key = useRef(crypto.randomUUID())
  const refused = start.error instanceof ApiError ? start.error.problems : []
  const placed = refused.filter((problem) => problem.pointer.startsWith('/inputs'))

  const submit = (event: FormEvent) => {
    event.preventDefault()
    start.mutate(
      { workflow: found.name, inputs, version, key: key.current },
      {
        onSuccess: (execution) => {
          onClose()
          onStarted(execution)
        },
        onError: (error) => {
          // A refusal was an answer; without an answer the run may exist, and the same key finds it.
          if (error instanceof ApiError) key.current = crypto.randomUUID()
        },
      },
    )
  }

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        {Object.keys(declared).length === 0 ? (
          <Text size="sm" c="dimmed">
            {t.dialogNoInputs}
          </Text>
        ) : (
          <SchemaForm
            schema={inputsSchema(declared)}
            value={inputs}
            onChange={setInputs}
            problems={placed}
            pointerPrefix="/inputs"
            expressions={false}
          />
        )}
        {start.error && (placed.length === 0 || placed.length < refused.length) ? (
          <ErrorNote title={t.dialogFailed} error={start.error} />
        ) : null}
        <Group justify="space-between" gap="xs" mt={4}>
          <Text size="xs" c="dimmed">
            {t.dialogVersion(found.version)}
          </Text>
          <Group gap="xs">
            <Button variant="default" onClick={onClose}>
              {words.shell.cancel}
            </Button>
            <Button type="submit" loading={start.isPending} data-autofocus>
              {t.dialogStart}
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  )
}

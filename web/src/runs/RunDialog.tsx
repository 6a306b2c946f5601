import { Modal, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useRef } from 'react'
import { useStartExecution } from '~/api/executions'
import { ApiError } from '~/api/problem'
import type { Execution, Workflow } from '~/api/types'
import { workflowQuery } from '~/api/workflows'
import { words } from '~/i18n'
import type { JsonObject } from '~/model/json'
import { ErrorNote } from '~/ui/ErrorNote'
import { PagePending } from '~/ui/PagePending'
import { InputsForm } from './InputsForm'

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
  const start = useStartExecution()
  // One key per opened dialog: a double click or a retry after a lost answer starts one run.
  const key = useRef(crypto.randomUUID())

  const submit = (inputs: JsonObject) =>
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

  return (
    <InputsForm
      found={found}
      values={values}
      pending={start.isPending}
      error={start.error}
      failed={t.dialogFailed}
      submit={t.dialogStart}
      onSubmit={submit}
      onClose={onClose}
    />
  )
}

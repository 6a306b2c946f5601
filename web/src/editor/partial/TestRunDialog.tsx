import { Checkbox, Modal, Select, Stack } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { executionQuery, executionsQuery, useStartExecution } from '~/api/executions'
import { ApiError } from '~/api/problem'
import type { Execution, ExecutionSummary } from '~/api/types'
import { workflowQuery } from '~/api/workflows'
import { words } from '~/i18n'
import type { JsonObject } from '~/model/json'
import { InputsForm } from '~/runs/InputsForm'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatRelative, shortId } from '~/ui/format'
import { PagePending } from '~/ui/PagePending'
import { useNow } from '~/ui/useNow'
import { useEditorHandle } from '../store'
import { usePins, useTrial } from './usePins'

const t = words.pins.run
const LATEST = 20

interface TestRunDialogProps {
  workflow: string
  version: number
  onClose(): void
  onStarted(execution: Execution): void
}

/** Inputs and trigger of a test run: by hand, or those of an earlier run. */
export function TestRunDialog({ workflow, version, onClose, onStarted }: TestRunDialogProps) {
  const { trial } = useEditorHandle()
  const [like, setLike] = useState<string | null>(null)
  const found = useQuery(workflowQuery(workflow, version))
  const model = useQuery({ ...executionQuery(like ?? ''), enabled: like !== null })
  const usesPins = useTrial((now) => now.usesPins)
  const { pins } = usePins()
  const start = useStartExecution()
  // One key per opened dialog: a double click or a retry after a lost answer starts one run.
  const key = useRef(crypto.randomUUID())
  const error = found.error ?? model.error
  const ready = found.data && (like === null || model.data)

  const submit = (inputs: JsonObject) =>
    start.mutate(
      { workflow, inputs, version, data: like ?? undefined, pins: usesPins, key: key.current },
      {
        onSuccess: (execution) => {
          onClose()
          onStarted(execution)
        },
        onError: (failure) => {
          // A refusal was an answer; without an answer the run may exist, and the same key finds it.
          if (failure instanceof ApiError) key.current = crypto.randomUUID()
        },
      },
    )

  return (
    <Modal opened onClose={onClose} title={t.title(found.data?.document.title || workflow)}>
      <Stack gap="sm">
        <LikeSelect workflow={workflow} value={like} onChange={setLike} />
        {pins.length > 0 ? (
          <Checkbox
            label={t.pins(pins.length)}
            checked={usesPins}
            onChange={(event) => trial.setState({ usesPins: event.currentTarget.checked })}
          />
        ) : null}
        {error ? <ErrorNote error={error} /> : null}
        {!ready && !error ? <PagePending /> : null}
        {ready ? (
          <InputsForm
            key={like ?? ''}
            found={found.data}
            values={knownInputs(
              found.data.document.inputs ?? {},
              like === null ? {} : (model.data?.inputs ?? {}),
            )}
            pending={start.isPending}
            error={start.error}
            failed={words.runs.dialogFailed}
            submit={t.submit}
            onSubmit={submit}
            onClose={onClose}
          />
        ) : null}
      </Stack>
    </Modal>
  )
}

/** Only what this version still asks for. */
const knownInputs = (declared: JsonObject, values: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(values).filter(([name]) => name in declared))

interface LikeSelectProps {
  workflow: string
  value: string | null
  onChange(id: string | null): void
}

function LikeSelect({ workflow, value, onChange }: LikeSelectProps) {
  const runs = useInfiniteQuery(executionsQuery({ workflow, called: false }, LATEST))
  const now = useNow(null)
  const items = runs.data?.pages[0]?.items ?? []
  return (
    <Select
      label={t.like}
      description={t.likeHelp}
      data={[
        { value: '', label: t.byHand },
        ...items.map((run) => ({
          value: run.id,
          label: t.option(triggerOf(run), formatRelative(run.created_at, now), shortId(run.id)),
        })),
      ]}
      value={value ?? ''}
      allowDeselect={false}
      error={runs.error?.message}
      onChange={(next) => onChange(next || null)}
    />
  )
}

function triggerOf({ trigger }: ExecutionSummary): string {
  const name = 'name' in trigger && typeof trigger.name === 'string' ? ` ${trigger.name}` : ''
  return `${trigger.type}${name}`
}

import { Button, Group, Stack, Text } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { ApiError } from '~/api/problem'
import type { Workflow } from '~/api/types'
import { SchemaForm } from '~/forms/SchemaForm'
import { words } from '~/i18n'
import type { JsonObject } from '~/model/json'
import { ErrorNote } from '~/ui/ErrorNote'
import { inputDefaults, inputsSchema } from './inputs'

const t = words.runs

interface InputsFormProps {
  found: Workflow
  /** Values to begin with, over the defaults. */
  values?: JsonObject
  pending: boolean
  error: Error | null
  failed: string
  submit: string
  onSubmit: (inputs: JsonObject) => void
  onClose: () => void
}

/** The inputs of a workflow version, with the server's problems at their fields. */
export function InputsForm({ found, values, error, ...props }: InputsFormProps) {
  const declared = found.document.inputs ?? {}
  const [inputs, setInputs] = useState<JsonObject>(() => ({ ...inputDefaults(declared), ...values }))
  const refused = error instanceof ApiError ? error.problems : []
  const placed = refused.filter((problem) => problem.pointer.startsWith('/inputs'))

  const submit = (event: FormEvent) => {
    event.preventDefault()
    props.onSubmit(inputs)
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
        {error && (placed.length === 0 || placed.length < refused.length) ? (
          <ErrorNote title={props.failed} error={error} />
        ) : null}
        <Group justify="space-between" gap="xs" mt={4}>
          <Text size="xs" c="dimmed">
            {t.dialogVersion(found.version)}
          </Text>
          <Group gap="xs">
            <Button variant="default" onClick={props.onClose}>
              {words.shell.cancel}
            </Button>
            <Button type="submit" loading={props.pending} data-autofocus>
              {props.submit}
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  )
}

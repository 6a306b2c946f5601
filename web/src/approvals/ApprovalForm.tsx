import { Button, Group, Stack, Textarea } from '@mantine/core'
import { IconCheck, IconX } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { useDecide } from '~/api/approvals'
import { ApiError } from '~/api/problem'
import type { Approval } from '~/api/types'
import { SchemaForm } from '~/forms/SchemaForm'
import { words } from '~/i18n'
import type { JsonObject } from '~/model/json'
import { inputDefaults, inputsSchema } from '~/runs/inputs'
import { ErrorNote } from '~/ui/ErrorNote'

const t = words.approvals

/** The answer to an open approval: its form, a comment, and the two buttons. */
export function ApprovalForm({ approval }: { approval: Approval }) {
  const form = approval.form as Readonly<Record<string, JsonObject>>
  const [data, setData] = useState<JsonObject>(() => inputDefaults(form))
  const [comment, setComment] = useState('')
  const decide = useDecide()
  const error = decide.error
  const refused = error instanceof ApiError ? error.problems : []
  const placed = refused.filter((problem) => problem.pointer.startsWith('/data'))
  const asks = Object.keys(form).length > 0

  const answer = (decision: 'approved' | 'rejected') =>
    decide.mutate({ id: approval.id, decision, comment, data: decision === 'approved' ? data : {} })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    answer('approved')
  }
  return (
    <form onSubmit={submit} noValidate aria-label={approval.title}>
      <Stack gap="sm">
        {asks ? (
          <SchemaForm
            schema={inputsSchema(form)}
            value={data}
            onChange={setData}
            problems={placed}
            pointerPrefix="/data"
            expressions={false}
          />
        ) : null}
        <Textarea
          label={t.comment}
          description={t.commentHelp}
          inputWrapperOrder={['label', 'input', 'description']}
          autosize
          minRows={2}
          maxRows={8}
          maxLength={5000}
          value={comment}
          onChange={(event) => setComment(event.currentTarget.value)}
        />
        {error && (placed.length === 0 || placed.length < refused.length) ? (
          <ErrorNote title={t.answerFailed} error={error} />
        ) : null}
        <Group gap="xs" justify="flex-end">
          <Button
            variant="default"
            leftSection={<IconX size={15} aria-hidden />}
            disabled={decide.isPending}
            onClick={() => answer('rejected')}
          >
            {t.reject}
          </Button>
          <Button type="submit" leftSection={<IconCheck size={15} aria-hidden />} disabled={decide.isPending}>
            {t.approve}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

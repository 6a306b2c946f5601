import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useMemo, useState } from 'react'
import { createWorkflow, fetchWorkflowOrNull } from '~/api/workflows'
import { words } from '~/i18n'
import { allIds, openBody } from '~/model/bodies'
import { type Collapsed, collapse, isRefusal } from '~/model/collapse'
import { nodeTitle, WORKFLOW_NAME } from '~/model/workflow'
import { ErrorNote } from '~/ui/ErrorNote'
import { applyCollapse } from './actions/collapse'
import { chosenNodes } from './actions/notes'
import { setPanels } from './actions/panels'
import { useEditorHandle } from './store'

const t = words.collapse

/** What would become of the chosen nodes as a workflow of their own, and its name. */
export function CollapseDialog() {
  const { store, dispatch } = useEditorHandle()
  // As they were when the dialog was opened: it is modal.
  const [{ root, document, types, path, ids }] = useState(() => ({
    ...store.getState(),
    ids: chosenNodes(store.getState()),
  }))
  const first = ids[0] ?? ''
  const [title, setTitle] = useState(ids.length === 1 ? nodeTitle(first, document.nodes[first]) : '')
  const [name, setName] = useState(() => t.proposed(root.name))
  const around = path.at(-1)
  const container = around === undefined ? undefined : openBody(root, path.slice(0, -1)).nodes[around]
  const made = useMemo(
    () =>
      collapse(document, types, ids, {
        name,
        title: title || name,
        container,
        taken: allIds(root.nodes),
      }),
    [document, types, ids, name, title, container, root.nodes],
  )
  const close = () => dispatch(setPanels, { collapsing: false })
  return (
    <Modal opened onClose={close} title={t.title}>
      {isRefusal(made) ? (
        <Stack gap="sm">
          <ErrorNote title={t.cannot} error={{ message: t.refused(made) }} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close} data-autofocus>
              {t.cancel}
            </Button>
          </Group>
        </Stack>
      ) : (
        <Form {...{ made, title, setTitle, name, setName, close }} count={ids.length} />
      )}
    </Modal>
  )
}

interface FormProps {
  made: Collapsed
  count: number
  title: string
  setTitle(title: string): void
  name: string
  setName(name: string): void
  close(): void
}

function Form({ made, count, title, setTitle, name, setName, close }: FormProps) {
  const { dispatch, services } = useEditorHandle()
  const [taken, setTaken] = useState<string | null>(null)
  const [error, setError] = useState<Error | null>(null)
  const [busy, setBusy] = useState(false)
  const wrong = !WORKFLOW_NAME.test(name) ? t.nameWrong : taken === name ? t.nameTaken : null
  const make = async () => {
    setBusy(true)
    setError(null)
    try {
      if (await fetchWorkflowOrNull(name)) setTaken(name)
      else {
        await createWorkflow(made.workflow, true)
        dispatch(applyCollapse, { document: made.document, call: made.call, title: title || name })
        services.current?.tell(t.made(name))
      }
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)))
    } finally {
      setBusy(false)
    }
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!wrong && !busy) void make()
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Text size="sm">{t.becomes(count)}</Text>
        <TextInput
          data-autofocus
          label={t.titleLabel}
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <TextInput
          label={t.nameLabel}
          description={t.nameHelp}
          value={name}
          error={wrong}
          spellCheck={false}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Text size="sm" c="dimmed">
          {[
            made.inputs.length > 0 ? t.given(made.inputs) : null,
            made.outputs.length > 0 ? t.gives(made.outputs) : null,
            t.undo,
          ]
            .filter(Boolean)
            .join(' ')}
        </Text>
        {made.unsure.length > 0 ? (
          <Text size="sm" c="orange">
            {t.unsure(made.unsure)}
          </Text>
        ) : null}
        {error ? <ErrorNote title={t.failed} error={error} /> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {t.cancel}
          </Button>
          <Button type="submit" disabled={wrong !== null} loading={busy}>
            {t.make}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

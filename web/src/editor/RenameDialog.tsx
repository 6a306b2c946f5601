import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { words } from '~/i18n'
import { NODE_ID } from '~/model/workflow'
import { setPanels } from './actions/panels'
import { applyRename } from './actions/rename'
import { useDispatch, useEditor } from './store'

const t = words.editor.rename

/** Title and id of a node. */
export function RenameDialog({ id }: { id: string }) {
  const dispatch = useDispatch()
  const node = useEditor((state) => state.document.nodes[id])
  const taken = useEditor((state) => state.document.nodes)
  const [title, setTitle] = useState(node?.title ?? '')
  const [newId, setNewId] = useState(id)
  const close = () => dispatch(setPanels, { renamingId: null })
  const wrong =
    newId !== id && newId in taken
      ? words.editor.inspector.idTaken
      : NODE_ID.test(newId)
        ? null
        : words.editor.inspector.idInvalid
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!wrong) dispatch(applyRename, { id, newId, title })
  }
  return (
    <Modal opened onClose={close} title={t.title}>
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <TextInput
            data-autofocus
            label={words.editor.inspector.title}
            value={title}
            onChange={(event) => setTitle(event.currentTarget.value)}
          />
          <TextInput
            label={words.editor.inspector.id}
            description={words.editor.inspector.idHelp}
            value={newId}
            error={wrong}
            spellCheck={false}
            onChange={(event) => setNewId(event.currentTarget.value)}
          />
          <Text size="xs" c="dimmed">
            {t.follow}
          </Text>
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              {t.cancel}
            </Button>
            <Button type="submit" disabled={wrong !== null}>
              {t.apply}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

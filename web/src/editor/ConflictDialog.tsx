import { Button, Modal, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { workflowQuery } from '~/api/workflows'
import { words } from '~/i18n'
import { completeDocument } from '~/model/workflow'
import { ErrorNote } from '~/ui/ErrorNote'
import { setPanels } from './actions/panels'
import { reload } from './actions/save'
import { useDispatch, useEditor, useEditorHandle } from './store'

const t = words.editor.conflict

/** Somebody saved a newer version: take theirs, or save mine on top. Nothing is lost either way. */
export function ConflictDialog() {
  const { services } = useEditorHandle()
  const dispatch = useDispatch()
  const name = useEditor((state) => state.saved.document.name)
  const mine = useEditor((state) => state.saved.version)
  const newest = useQuery({ ...workflowQuery(name), staleTime: 0 })
  const theirs = newest.isFetching ? undefined : newest.data
  const close = () => dispatch(setPanels, { conflict: false })
  return (
    <Modal opened onClose={close} title={t.title} size="md">
      <Stack gap="md">
        <Text size="sm">{theirs ? t.text(mine, theirs.version) : t.unknown(mine)}</Text>
        {newest.error ? <ErrorNote error={newest.error} onRetry={() => void newest.refetch()} /> : null}
        <div>
          <Button
            fullWidth
            variant="default"
            disabled={!theirs}
            onClick={() => {
              if (!theirs) return
              const { version, published } = theirs
              dispatch(reload, { document: completeDocument(theirs.document), version, published })
              close()
            }}
          >
            {t.reload}
          </Button>
          <Text size="xs" c="dimmed" mt={4}>
            {t.reloadHelp}
          </Text>
        </div>
        <div>
          <Button
            fullWidth
            variant="default"
            onClick={() => {
              close()
              void services.current?.save({ overwrite: true })
            }}
          >
            {t.overwrite}
          </Button>
          <Text size="xs" c="dimmed" mt={4}>
            {t.overwriteHelp}
          </Text>
        </div>
        <Button variant="subtle" onClick={close} data-autofocus>
          {t.keep}
        </Button>
      </Stack>
    </Modal>
  )
}

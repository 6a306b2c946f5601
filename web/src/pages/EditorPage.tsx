import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { allNodeTypesQuery } from '~/api/nodeTypes'
import { ApiError } from '~/api/problem'
import type { Workflow } from '~/api/types'
import { workflowQuery } from '~/api/workflows'
import { retype } from '~/editor/actions/editDocument'
import { EditorView } from '~/editor/EditorView'
import { openEditor } from '~/editor/openEditor'
import { EditorContext } from '~/editor/store'
import { words } from '~/i18n'
import { indexNodeTypes, type NodeType } from '~/model/nodeType'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { PagePending } from '~/ui/PagePending'
import { useSlow } from '~/ui/useSlow'

const route = getRouteApi('/workflows/$name')
const t = words.editor

/** The editor of one workflow. */
export function EditorPage() {
  const { name } = route.useParams()
  // Always the newest version to start from, never a cached older one.
  const workflow = useQuery({ ...workflowQuery(name), staleTime: 0, refetchOnMount: 'always' })
  const types = useQuery(allNodeTypesQuery())
  const ready = workflow.data?.name === name && workflow.isFetchedAfterMount && types.data
  const slow = useSlow(!ready)
  if (workflow.error instanceof ApiError && workflow.error.status === 404) {
    return (
      <EmptyState title={t.notFound(name)} text={t.notFoundHelp}>
        <Button component={Link} to="/workflows">
          {words.shell.toWorkflows}
        </Button>
      </EmptyState>
    )
  }
  if (workflow.data && ready) return <OpenEditor key={name} workflow={workflow.data} types={types.data} />
  const failed = workflow.error ?? types.error
  if (failed) {
    const again = () => {
      void workflow.refetch()
      void types.refetch()
    }
    return (
      <ErrorNote title={workflow.error ? t.loadFailed : t.palette.failed} error={failed} onRetry={again} />
    )
  }
  return slow ? <PagePending /> : null
}

function OpenEditor({ workflow, types }: { workflow: Workflow; types: readonly NodeType[] }) {
  const { run } = route.useSearch()
  const navigate = route.useNavigate()
  const index = useMemo(() => indexNodeTypes(types), [types])
  const [{ editor, restored }] = useState(() => openEditor(workflow, index, run ?? null))

  useEffect(() => {
    if (restored) notifications.show({ id: 'draft', title: t.draft.restored, message: t.draft.restoredHelp })
  }, [restored])
  useEffect(() => editor.dispatch(retype, index), [editor, index])
  const onExecution = useCallback(
    (id: string | null) =>
      void navigate({ search: (old) => ({ ...old, run: id ?? undefined }), replace: true }),
    [navigate],
  )
  return (
    <EditorContext value={editor}>
      <EditorView onExecution={onExecution} />
    </EditorContext>
  )
}

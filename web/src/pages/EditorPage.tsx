import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { allNodeTypesQuery } from '~/api/nodeTypes'
import { ApiError } from '~/api/problem'
import { fetchWorkflow } from '~/api/workflows'
import { showComparison } from '~/editor/actions/compare'
import { retype } from '~/editor/actions/editDocument'
import { EditorView } from '~/editor/EditorView'
import { openEditor } from '~/editor/openEditor'
import { EditorContext } from '~/editor/store'
import { DraftContext } from '~/editor/sync/context'
import { type OpenDraft, openDraftQuery } from '~/editor/sync/openDraft'
import { words } from '~/i18n'
import { indexNodeTypes, type NodeType } from '~/model/nodeType'
import { completeDocument } from '~/model/workflow'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { PagePending } from '~/ui/PagePending'
import { useSlow } from '~/ui/useSlow'

const route = getRouteApi('/workflows/$name')
const t = words.editor

/** The editor of one workflow. */
export function EditorPage() {
  const { name } = route.useParams()
  const draft = useQuery(openDraftQuery(name))
  const types = useQuery(allNodeTypesQuery())
  // The draft as it is now, never a cached older one.
  const ready = draft.data && draft.isFetchedAfterMount && types.data
  const slow = useSlow(!ready)
  if (draft.error instanceof ApiError && draft.error.status === 404) {
    return (
      <EmptyState title={t.notFound(name)} text={t.notFoundHelp}>
        <Button component={Link} to="/workflows">
          {words.shell.toWorkflows}
        </Button>
      </EmptyState>
    )
  }
  if (ready) return <OpenEditor key={name} draft={draft.data} types={types.data} />
  const failed = draft.error ?? types.error
  if (failed) {
    const again = () => {
      void draft.refetch()
      void types.refetch()
    }
    return <ErrorNote title={draft.error ? t.loadFailed : t.palette.failed} error={failed} onRetry={again} />
  }
  return slow ? <PagePending /> : null
}

function OpenEditor({ draft, types }: { draft: OpenDraft; types: readonly NodeType[] }) {
  const { name } = route.useParams()
  const { run, compare } = route.useSearch()
  const navigate = route.useNavigate()
  const index = useMemo(() => indexNodeTypes(types), [types])
  const [editor] = useState(() => openEditor(draft.live, draft.saved, index, run ?? null))

  useEffect(() => editor.dispatch(retype, index), [editor, index])
  useEffect(() => {
    if (compare === undefined) return
    fetchWorkflow(name, compare).then(
      (found) =>
        editor.dispatch(showComparison, {
          from: completeDocument(found.document),
          fromName: words.versions.version(compare),
          to: null,
          toName: words.versions.draft,
        }),
      (error: Error) => notifications.show({ color: 'red', message: error.message, autoClose: false }),
    )
    void navigate({ search: (old) => ({ ...old, compare: undefined }), replace: true })
  }, [editor, name, compare, navigate])
  const onExecution = useCallback(
    (id: string | null) =>
      void navigate({ search: (old) => ({ ...old, run: id ?? undefined }), replace: true }),
    [navigate],
  )
  return (
    <DraftContext value={draft.live}>
      <EditorContext value={editor}>
        <EditorView onExecution={onExecution} />
      </EditorContext>
    </DraftContext>
  )
}

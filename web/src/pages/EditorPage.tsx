import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { allNodeTypesQuery } from '~/api/nodeTypes'
import { ApiError } from '~/api/problem'
import { retype } from '~/editor/actions/editDocument'
import { EditorView } from '~/editor/EditorView'
import { openEditor } from '~/editor/openEditor'
import { EditorContext } from '~/editor/store'
import { DraftContext } from '~/editor/sync/context'
import { type OpenDraft, openDraftQuery } from '~/editor/sync/openDraft'
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
  const { run } = route.useSearch()
  const navigate = route.useNavigate()
  const index = useMemo(() => indexNodeTypes(types), [types])
  const [editor] = useState(() => openEditor(draft.live, draft.saved, index, run ?? null))

  useEffect(() => editor.dispatch(retype, index), [editor, index])
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

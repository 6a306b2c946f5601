import { Button, TextInput } from '@mantine/core'
import { IconPlus, IconSearch } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { WorkflowSummary } from '~/api/types'
import { workflowsQuery } from '~/api/workflows'
import { words } from '~/i18n'
import { RunDialog } from '~/runs/RunDialog'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { LinkButton } from '~/ui/LinkButton'
import { ListTable } from '~/ui/ListTable'
import { MiniGraph } from '~/ui/MiniGraph'
import { Page } from '~/ui/Page'
import { PagePending } from '~/ui/PagePending'
import { useSlow } from '~/ui/useSlow'
import { workflowColumns } from './workflows/columns'
import { NewWorkflowDialog } from './workflows/NewWorkflowDialog'

const t = words.workflows
const PICTURE = [
  { title: t.emptyPicture[0] ?? '', category: 'files', icon: 'file-import' },
  { title: t.emptyPicture[1] ?? '', category: 'tables', icon: 'sql' },
  { title: t.emptyPicture[2] ?? '', category: 'files', icon: 'file-export' },
]

function matches(workflow: WorkflowSummary, filter: string): boolean {
  const wanted = filter.trim().toLowerCase()
  return wanted === '' || `${workflow.name} ${workflow.title ?? ''}`.toLowerCase().includes(wanted)
}

/** All workflows: what each is, how its last run went, and a button to run it. */
export function WorkflowsPage() {
  const query = useInfiniteQuery(workflowsQuery())
  const navigate = useNavigate()
  const slow = useSlow(query.isPending)
  const [filter, setFilter] = useState('')
  const [creating, setCreating] = useState(false)
  const [running, setRunning] = useState<WorkflowSummary | null>(null)
  const all = query.data?.pages.flatMap((page) => page.items) ?? []
  const rows = all.filter((workflow) => matches(workflow, filter))
  const open = (workflow: WorkflowSummary) =>
    void navigate({ to: '/workflows/$name', params: { name: workflow.name } })
  const create = (
    <Button leftSection={<IconPlus size={15} aria-hidden />} onClick={() => setCreating(true)}>
      {t.create}
    </Button>
  )

  return (
    <Page
      title={t.title}
      about={t.about}
      actions={all.length > 0 ? create : null}
      toolbar={
        all.length > 5 ? (
          <TextInput
            w={280}
            aria-label={t.filter}
            placeholder={t.filter}
            leftSection={<IconSearch size={14} aria-hidden />}
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
          />
        ) : null
      }
    >
      {query.error ? (
        <ErrorNote title={t.loadFailed} error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
      {slow ? <PagePending /> : null}
      {query.isSuccess && all.length === 0 ? (
        <EmptyState title={t.emptyTitle} text={t.emptyText} picture={<MiniGraph nodes={PICTURE} />}>
          {create}
          <LinkButton to="/templates" variant="default">
            {words.templates.browse}
          </LinkButton>
        </EmptyState>
      ) : null}
      {all.length > 0 && rows.length === 0 ? (
        <EmptyState title={t.nothingMatches}>
          <Button variant="default" onClick={() => setFilter('')}>
            {t.clearFilter}
          </Button>
        </EmptyState>
      ) : null}
      {rows.length > 0 ? (
        <ListTable
          label={t.title}
          columns={workflowColumns({ onRun: setRunning })}
          rows={rows}
          rowKey={(workflow) => workflow.name}
          onOpen={open}
          footer={
            query.hasNextPage ? (
              <Button variant="subtle" m={8} onClick={() => void query.fetchNextPage()}>
                {t.loadMore}
              </Button>
            ) : null
          }
        />
      ) : null}
      <NewWorkflowDialog opened={creating} onClose={() => setCreating(false)} />
      {running ? (
        <RunDialog
          workflow={running.name}
          opened
          onClose={() => setRunning(null)}
          onStarted={(run) => void navigate({ to: '/runs/$id', params: { id: run.id } })}
        />
      ) : null}
    </Page>
  )
}

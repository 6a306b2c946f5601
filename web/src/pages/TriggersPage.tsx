import { SegmentedControl, Select } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { triggersQuery } from '~/api/triggers'
import type { Trigger } from '~/api/types'
import { workflowsQuery } from '~/api/workflows'
import { words } from '~/i18n'
import { BackfillTable } from '~/triggers/BackfillTable'
import { TriggerDrawer } from '~/triggers/TriggerDrawer'
import { TriggerTable } from '~/triggers/TriggerTable'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { LinkButton } from '~/ui/LinkButton'
import { LoadMore } from '~/ui/LoadMore'
import { MiniGraph } from '~/ui/MiniGraph'
import { Page } from '~/ui/Page'
import { PagePending } from '~/ui/PagePending'
import { useSlow } from '~/ui/useSlow'

const t = words.triggers
const route = getRouteApi('/triggers')
const PICTURE = [
  { title: t.emptyPicture[0] ?? '', category: 'trigger', icon: 'clock' },
  { title: t.emptyPicture[1] ?? '', category: 'flow', icon: 'workflow' },
]

/** What starts runs by itself, and what is made up for. */
export function TriggersPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const workflows = useInfiniteQuery(workflowsQuery())
  const names = workflows.data?.pages.flatMap((page) => page.items.map((item) => item.name)) ?? []
  const backfills = search.view === 'backfills'
  return (
    <Page
      title={t.title}
      about={t.about}
      toolbar={
        <>
          <SegmentedControl
            aria-label={t.view}
            size="xs"
            value={backfills ? 'backfills' : 'triggers'}
            onChange={(view) =>
              void navigate({ search: view === 'backfills' ? { view } : {}, replace: true })
            }
            data={[
              { value: 'triggers', label: t.views.triggers },
              { value: 'backfills', label: t.views.backfills },
            ]}
          />
          {backfills ? null : (
            <Select
              w={230}
              aria-label={t.filter}
              placeholder={t.allWorkflows}
              data={names}
              value={search.workflow ?? null}
              onChange={(workflow) =>
                void navigate({ search: { workflow: workflow ?? undefined }, replace: true })
              }
              searchable
              clearable
            />
          )}
        </>
      }
    >
      {backfills ? <BackfillTable /> : <Triggers workflow={search.workflow} open={search.open} />}
    </Page>
  )
}

const keyOf = ({ workflow, name }: Pick<Trigger, 'workflow' | 'name'>) => `${workflow}/${name}`

function Triggers({ workflow, open }: { workflow: string | undefined; open: string | undefined }) {
  const navigate = route.useNavigate()
  const query = useInfiniteQuery(triggersQuery(workflow))
  const slow = useSlow(query.isPending)
  const rows = query.data?.pages.flatMap((page) => page.items) ?? []
  const shown = rows.find((item) => keyOf(item) === open)
  const setOpen = (trigger: Trigger | null) =>
    void navigate({ search: (old) => ({ ...old, open: trigger ? keyOf(trigger) : undefined }) })
  return (
    <>
      {query.error ? (
        <ErrorNote title={t.loadFailed} error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
      {slow ? <PagePending /> : null}
      {query.isSuccess && rows.length === 0 ? (
        <EmptyState title={t.emptyTitle} text={t.emptyText} picture={<MiniGraph nodes={PICTURE} />}>
          <LinkButton to="/workflows">{t.emptyButton}</LinkButton>
        </EmptyState>
      ) : null}
      {rows.length > 0 ? (
        <TriggerTable
          triggers={rows}
          onOpen={setOpen}
          footer={
            <LoadMore
              label={words.approvals.loadMore}
              more={query.hasNextPage}
              loading={query.isFetchingNextPage}
              onMore={() => void query.fetchNextPage()}
              end={t.end(rows.length)}
            />
          }
        />
      ) : null}
      {shown ? <TriggerDrawer trigger={shown} onClose={() => setOpen(null)} /> : null}
    </>
  )
}

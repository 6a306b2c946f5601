import { Chip, CloseButton } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { APPROVAL_FILTERS, approvalQuery, approvalsQuery } from '~/api/approvals'
import { ApprovalView } from '~/approvals/ApprovalView'
import classes from '~/approvals/approvals.module.css'
import { words } from '~/i18n'
import { EmptyState } from '~/ui/EmptyState'
import { ErrorNote } from '~/ui/ErrorNote'
import { ListTable } from '~/ui/ListTable'
import { LoadMore } from '~/ui/LoadMore'
import { MiniGraph } from '~/ui/MiniGraph'
import { Page } from '~/ui/Page'
import { PagePending } from '~/ui/PagePending'
import { useSlow } from '~/ui/useSlow'
import { approvalColumns } from './approvals/columns'

const t = words.approvals
const route = getRouteApi('/approvals')
const PICTURE = [
  { title: t.emptyPicture[0] ?? '', category: 'http', icon: 'http' },
  { title: t.emptyPicture[1] ?? '', category: 'flow', icon: 'user-check' },
  { title: t.emptyPicture[2] ?? '', category: 'files', icon: 'file' },
]

/** The inbox: what waits for a decision, and what was decided. */
export function ApprovalsPage() {
  const { status = 'open', id } = route.useSearch()
  const navigate = route.useNavigate()
  const query = useInfiniteQuery(approvalsQuery(status))
  const slow = useSlow(query.isPending)
  const rows = query.data?.pages.flatMap((page) => page.items) ?? []
  const show = (next: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, id: next }), replace: true })

  return (
    <Page
      title={t.title}
      about={t.about}
      toolbar={
        <Chip.Group
          value={status}
          onChange={(next) =>
            void navigate({
              search: { status: APPROVAL_FILTERS.find((known) => known === next) },
              replace: true,
            })
          }
        >
          <div role="group" aria-label={t.filter} style={{ display: 'flex', gap: 6 }}>
            {APPROVAL_FILTERS.map((name) => (
              <Chip key={name} value={name} size="xs" variant="light">
                {t.filters[name]}
              </Chip>
            ))}
          </div>
        </Chip.Group>
      }
    >
      {query.error ? (
        <ErrorNote title={t.loadFailed} error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
      {slow ? <PagePending /> : null}
      <div className={classes.inbox} data-open={id ? true : undefined}>
        <div className={classes.list}>
          {query.isSuccess && rows.length === 0 ? (
            <EmptyState
              title={status === 'open' ? t.emptyOpenTitle : t.emptyFiltered}
              text={t.emptyText}
              picture={<MiniGraph nodes={PICTURE} />}
            />
          ) : null}
          {rows.length > 0 ? (
            <ListTable
              label={t.title}
              columns={approvalColumns((item) => show(item.id), {
                narrow: id !== undefined,
                unanswered: status === 'open',
              })}
              rows={rows}
              rowKey={(item) => item.id}
              onOpen={(item) => show(item.id)}
              footer={
                <LoadMore
                  label={t.loadMore}
                  more={query.hasNextPage}
                  loading={query.isFetchingNextPage}
                  onMore={() => void query.fetchNextPage()}
                  end={t.end(rows.length)}
                />
              }
            />
          ) : null}
        </div>
        {id ? <Detail id={id} onClose={() => show(undefined)} /> : null}
      </div>
    </Page>
  )
}

/** It stays when it has been answered, so that one sees what became of it. */
function Detail({ id, onClose }: { id: string; onClose: () => void }) {
  const query = useQuery(approvalQuery(id))
  return (
    <aside className={classes.detail} aria-label={t.detail}>
      <CloseButton className={classes.close} aria-label={t.close} onClick={onClose} />
      {query.error ? (
        <ErrorNote title={t.oneFailed} error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
      {query.data ? <ApprovalView key={id} approval={query.data} /> : null}
    </aside>
  )
}

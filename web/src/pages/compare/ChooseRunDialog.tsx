import { Button, Modal, Text, UnstyledButton } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { executionsQuery } from '~/api/executions'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { shortId } from '~/ui/format'
import { PagePending } from '~/ui/PagePending'
import { StatusBadge } from '~/ui/StatusBadge'
import { Duration, Time } from '~/ui/Time'
import classes from './Compare.module.css'

const t = words.compare
const PAGE = 20

interface ChooseRunDialogProps {
  execution: Pick<Execution, 'id' | 'workflow'>
  onChoose: (id: string) => void
  onClose: () => void
}

/** Choose another run of the same workflow. */
export function ChooseRunDialog({ execution, onChoose, onClose }: ChooseRunDialogProps) {
  const found = useInfiniteQuery(executionsQuery({ workflow: execution.workflow }, PAGE))
  const runs = found.data?.pages.flatMap((page) => page.items).filter((run) => run.id !== execution.id)
  return (
    <Modal opened onClose={onClose} title={t.choose} size="lg">
      <Text size="sm" c="dimmed" mb="sm">
        {t.chooseText(execution.workflow)}
      </Text>
      {found.error ? (
        <ErrorNote title={t.chooseFailed} error={found.error} onRetry={() => void found.refetch()} />
      ) : null}
      {found.isPending ? <PagePending /> : null}
      {runs?.length === 0 && !found.hasNextPage ? <Text size="sm">{t.chooseNone}</Text> : null}
      <ul className={classes.choices} aria-label={t.choose}>
        {runs?.map((run) => (
          <li key={run.id}>
            <UnstyledButton className={classes.choice} onClick={() => onChoose(run.id)}>
              <StatusBadge status={run.status} />
              <code>{shortId(run.id)}</code>
              <span>v{run.version}</span>
              <Time at={run.started_at ?? run.created_at} />
              <Duration start={run.started_at} end={run.ended_at} />
              <span className={classes.error}>{run.error?.message}</span>
            </UnstyledButton>
          </li>
        ))}
      </ul>
      {found.hasNextPage ? (
        <Button
          variant="default"
          loading={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          {t.chooseMore}
        </Button>
      ) : null}
    </Modal>
  )
}

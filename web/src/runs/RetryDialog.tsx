import { Modal, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSteerExecution } from '~/api/control'
import type { Execution } from '~/api/types'
import { workflowQuery } from '~/api/workflows'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { PagePending } from '~/ui/PagePending'
import { InputsForm } from './InputsForm'

const t = words.runs

interface RetryDialogProps {
  execution: Execution
  /** A node that runs again with all behind it, although it may have succeeded. */
  from?: string
  onClose: () => void
}

/** Let an ended run go on with other inputs; what succeeded keeps its results. */
export function RetryDialog({ execution, from, onClose }: RetryDialogProps) {
  const version = useQuery(workflowQuery(execution.workflow, execution.version))
  const steering = useSteerExecution()
  return (
    <Modal opened onClose={onClose} title={t.retryDialogTitle}>
      <Text size="sm" c="dimmed" mb="sm">
        {from === undefined ? t.retryDialogNote : t.retryDialogFrom(from)}
      </Text>
      {version.error ? <ErrorNote error={version.error} /> : null}
      {version.isPending ? <PagePending /> : null}
      {version.data ? (
        <InputsForm
          found={version.data}
          values={execution.inputs}
          pending={steering.isPending}
          error={steering.error}
          failed={t.steer.retry.failed}
          submit={t.retryDialogSubmit}
          onSubmit={(inputs) =>
            steering.mutate(
              { id: execution.id, request: 'retry', inputs, ...(from === undefined ? {} : { from }) },
              { onSuccess: onClose },
            )
          }
          onClose={onClose}
        />
      ) : null}
    </Modal>
  )
}

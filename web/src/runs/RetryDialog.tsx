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

/** Let an ended run go on with other inputs; what succeeded keeps its results. */
export function RetryDialog({ execution, onClose }: { execution: Execution; onClose: () => void }) {
  const version = useQuery(workflowQuery(execution.workflow, execution.version))
  const steering = useSteerExecution()
  return (
    <Modal opened onClose={onClose} title={t.retryDialogTitle}>
      <Text size="sm" c="dimmed" mb="sm">
        {t.retryDialogNote}
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
            steering.mutate({ id: execution.id, request: 'retry', inputs }, { onSuccess: onClose })
          }
          onClose={onClose}
        />
      ) : null}
    </Modal>
  )
}

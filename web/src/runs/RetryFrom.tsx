import { Button, Group } from '@mantine/core'
import { IconForms, IconRotateClockwise } from '@tabler/icons-react'
import { useState } from 'react'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { isEnded, type NodeRunView } from './fold'
import { RetryDialog } from './RetryDialog'
import { useSteering } from './useSteering'

const RAN = new Set(['succeeded', 'failed', 'cancelled', 'interrupted'])

interface RetryFromProps {
  execution: Execution
  node: string
  view: NodeRunView | undefined
}

/** Let an ended run go on from a node, although it may have succeeded; what does not hang on it keeps its results. */
export function RetryFrom(props: RetryFromProps) {
  const { execution, view } = props
  if (!view || !RAN.has(view.status) || !(isEnded(execution.status) || execution.status === 'interrupted'))
    return null
  return <RetryButton key={execution.seq} {...props} />
}

function RetryButton({ execution, node }: RetryFromProps) {
  const { asked, ask } = useSteering()
  const [other, setOther] = useState(false)
  return (
    <Group gap={8} mt={8}>
      <Button
        variant="default"
        size="compact-sm"
        leftSection={<IconRotateClockwise size={14} aria-hidden />}
        disabled={asked}
        onClick={() => ask({ id: execution.id, request: 'retry', from: node })}
      >
        {asked ? words.runs.steer.retry.asked : words.runs.retryFrom}
      </Button>
      {Object.keys(execution.inputs).length > 0 ? (
        <Button
          variant="default"
          size="compact-sm"
          leftSection={<IconForms size={14} aria-hidden />}
          disabled={asked}
          aria-label={words.runs.retryFromOtherHelp}
          onClick={() => setOther(true)}
        >
          {words.runs.retryFromOther}
        </Button>
      ) : null}
      {other ? <RetryDialog execution={execution} from={node} onClose={() => setOther(false)} /> : null}
    </Group>
  )
}

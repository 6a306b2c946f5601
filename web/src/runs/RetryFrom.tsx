import { Button } from '@mantine/core'
import { IconRotateClockwise } from '@tabler/icons-react'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { isEnded, type NodeRunView } from './fold'
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
  return (
    <Button
      variant="default"
      size="compact-sm"
      mt={8}
      style={{ alignSelf: 'flex-start' }}
      leftSection={<IconRotateClockwise size={14} aria-hidden />}
      disabled={asked}
      onClick={() => ask({ id: execution.id, request: 'retry', from: node })}
    >
      {asked ? words.runs.steer.retry.asked : words.runs.retryFrom}
    </Button>
  )
}

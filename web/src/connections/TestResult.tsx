import { Text } from '@mantine/core'
import { IconCheck, IconX } from '@tabler/icons-react'
import type { TestOutcome } from '~/api/types'
import { words } from '~/i18n'
import { Prose } from '~/ui/Prose'
import classes from './connections.module.css'

/** What a test came to: whether it works, what was found, and what to do about it. */
export function TestResult({ outcome }: { outcome: TestOutcome }) {
  const Icon = outcome.ok ? IconCheck : IconX
  return (
    <div className={classes.result} data-ok={outcome.ok} role="status">
      <Icon size={16} stroke={2} aria-hidden className={classes.resultIcon} />
      <div>
        <Text size="sm" fw={600} span>
          {outcome.ok ? words.connections.works : words.connections.fails}:
        </Text>{' '}
        <Text size="sm" span>
          <Prose text={outcome.message} />
        </Text>
        {outcome.fix ? (
          <Text size="sm" mt={2}>
            <Prose text={outcome.fix} />
          </Text>
        ) : null}
        <Text size="xs" c="dimmed" mt={2}>
          {words.connections.took(outcome.took_ms)}
        </Text>
      </div>
    </div>
  )
}

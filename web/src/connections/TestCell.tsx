import { Button, Popover } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconPlugConnected, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { useTestConnection } from '~/api/connections'
import { words } from '~/i18n'
import { TestResult } from './TestResult'

const t = words.connections

/** Test one connection; what came out stands beside it, the whole of it on a click. */
export function TestCell({ name }: { name: string }) {
  const test = useTestConnection(name)
  const [opened, setOpened] = useState(false)
  const run = () => test.mutate(undefined, { onSettled: () => setOpened(true) })
  const outcome =
    test.data ??
    (test.error ? { ok: false, code: 'refused', message: test.error.message, fix: null, took_ms: 0 } : null)
  const Icon = !outcome ? IconPlugConnected : outcome.ok ? IconCheck : test.error ? IconAlertTriangle : IconX
  return (
    <Popover opened={opened && outcome !== null} onChange={setOpened} width={420} position="left" withArrow>
      <Popover.Target>
        <Button
          variant="subtle"
          size="compact-sm"
          color={!outcome ? undefined : outcome.ok ? 'green' : 'red'}
          loading={test.isPending}
          leftSection={<Icon size={14} aria-hidden />}
          aria-label={outcome ? `${t.testNamed(name)}: ${outcome.ok ? t.works : t.fails}` : t.testNamed(name)}
          onClick={() => (opened ? setOpened(false) : run())}
        >
          {!outcome ? t.test : outcome.ok ? t.works : t.fails}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={8}>{outcome ? <TestResult outcome={outcome} /> : null}</Popover.Dropdown>
    </Popover>
  )
}

import { Button, Group, Modal, NumberInput, Stack, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { backfillPlanQuery, useBackfill } from '~/api/triggers'
import type { Trigger } from '~/api/types'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatAbsolute } from '~/ui/format'
import { instantOf, localOf, startOfDay } from './instants'

const t = words.triggers
const DAY_MS = 86_400_000
const DELAY_MS = 300

/** Which times of a schedule to make up for; how many that are is said before anything starts. */
export function BackfillDialog({ trigger, onClose }: { trigger: Trigger; onClose: () => void }) {
  const [from, setFrom] = useState(() => localOf(startOfDay(Date.now() - 7 * DAY_MS)))
  const [to, setTo] = useState(() => localOf(startOfDay(Date.now())))
  const [concurrency, setConcurrency] = useState(1)
  // Counting may take a while: not for what is only passed through while typing.
  const [settledFrom] = useDebouncedValue(from, DELAY_MS)
  const [settledTo] = useDebouncedValue(to, DELAY_MS)
  const settled = settledFrom === from && settledTo === to
  const range = { from: instantOf(settledFrom) ?? '', to: instantOf(settledTo) ?? '' }
  const order = { workflow: trigger.workflow, trigger: trigger.name, ...range }
  const plan = useQuery({ ...backfillPlanQuery(order), enabled: range.from !== '' && range.to !== '' })
  const start = useBackfill()
  const total = plan.data?.total ?? 0
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // The Enter key submits too: nothing that was not counted.
    if (!settled || total === 0) return
    start.mutate(
      { ...order, concurrency },
      {
        onSuccess: () => {
          notifications.show({ message: t.backfillStarted })
          onClose()
        },
      },
    )
  }
  const error = start.error ?? plan.error
  return (
    <Modal opened onClose={onClose} title={t.backfillTitle(trigger.name)}>
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            {t.backfillText}
          </Text>
          <Group grow align="flex-start">
            <TextInput
              type="datetime-local"
              label={t.from}
              value={from}
              onChange={(event) => setFrom(event.currentTarget.value)}
            />
            <TextInput
              type="datetime-local"
              label={t.to}
              description={t.toHelp}
              inputWrapperOrder={['label', 'input', 'description']}
              value={to}
              onChange={(event) => setTo(event.currentTarget.value)}
            />
          </Group>
          <NumberInput
            label={t.concurrency}
            w={160}
            min={1}
            max={100}
            allowDecimal={false}
            value={concurrency}
            onChange={(next) => setConcurrency(typeof next === 'number' ? next : 1)}
          />
          {error ? <ErrorNote title={t.backfillFailed} error={error} /> : null}
          {plan.data ? (
            <Text size="sm" role="status">
              {t.plan(total)}{' '}
              {plan.data.first && plan.data.last
                ? t.planRange(formatAbsolute(plan.data.first), formatAbsolute(plan.data.last))
                : null}
            </Text>
          ) : null}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {words.shell.cancel}
            </Button>
            <Button type="submit" loading={start.isPending} disabled={!settled || total === 0}>
              {t.backfillStart(total)}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

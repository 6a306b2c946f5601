import { Anchor, Button, Group, Modal, NumberInput, Stack, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ApiError } from '~/api/problem'
import { backfillPlanQuery, useBackfill } from '~/api/triggers'
import type { BackfillPlan, Trigger } from '~/api/types'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatWall } from '~/ui/format'
import { midnightOf, zoneOf } from './instants'

const t = words.triggers
const DAY_MS = 86_400_000
const DELAY_MS = 300

/** Which times of a schedule to make up for; how many that are is said before anything starts. */
export function BackfillDialog({ trigger, onClose }: { trigger: Trigger; onClose: () => void }) {
  const navigate = useNavigate()
  const zone = zoneOf(trigger)
  const [from, setFrom] = useState(() => midnightOf(Date.now() - 7 * DAY_MS, zone))
  const [to, setTo] = useState(() => midnightOf(Date.now(), zone))
  const [concurrency, setConcurrency] = useState(1)
  // Counting may take a while: not for what is only passed through while typing.
  const [settledFrom] = useDebouncedValue(from, DELAY_MS)
  const [settledTo] = useDebouncedValue(to, DELAY_MS)
  const settled = settledFrom === from && settledTo === to
  // Without an offset: the server reads them in the zone of the schedule.
  const order = { workflow: trigger.workflow, trigger: trigger.name, from: settledFrom, to: settledTo }
  const given = from !== '' && to !== ''
  const complete = given && from < to
  const plan = useQuery({ ...backfillPlanQuery(order), enabled: settled && complete })
  const start = useBackfill()
  const total = complete ? (plan.data?.total ?? 0) : 0
  const counted = settled && total > 0
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // The Enter key submits too: nothing that was not counted.
    if (!counted) return
    start.mutate(
      { ...order, concurrency },
      {
        onSuccess: () => {
          notifications.show({
            message: (
              <>
                {t.backfillStarted}{' '}
                <Anchor
                  component="button"
                  type="button"
                  size="sm"
                  onClick={() => void navigate({ to: '/triggers', search: { view: 'backfills' } })}
                >
                  {t.backfillWatch}
                </Anchor>
              </>
            ),
          })
          onClose()
        },
      },
    )
  }
  return (
    <Modal opened onClose={onClose} title={t.backfillTitle(trigger.name)}>
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            {t.backfillText} {t.inZone(zone)}
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
          {start.error ? <ErrorNote title={t.backfillFailed} error={start.error} /> : null}
          <Counted plan={plan} given={given} complete={complete} zone={zone} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {words.shell.cancel}
            </Button>
            <Button type="submit" loading={start.isPending} disabled={!counted}>
              {t.backfillStart(total)}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

interface CountedProps {
  plan: UseQueryResult<BackfillPlan>
  /** Both fields are filled in. */
  given: boolean
  complete: boolean
  zone: string
}

/** How many times there are; a range that is not finished, or too early, is no fault yet. */
function Counted({ plan: { data, error }, given, complete, zone }: CountedProps) {
  if (!complete)
    return (
      <Text size="sm" c="dimmed" role="status">
        {given ? t.reversed : t.incomplete}
      </Text>
    )
  if (error instanceof ApiError && error.code === 'backfill.range')
    return (
      <Text size="sm" c="dimmed" role="status">
        {t.inFields(error.message)}
      </Text>
    )
  if (error) return <ErrorNote title={t.countFailed} error={error} />
  if (!data) return null
  return (
    <Text size="sm" role="status">
      {t.plan(data.total)}{' '}
      {data.first && data.last
        ? t.planRange(formatWall(data.first, zone), formatWall(data.last, zone), zone)
        : null}{' '}
      {data.clipped ? t.clipped : null}
    </Text>
  )
}

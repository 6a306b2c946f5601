import { Button, Group, Menu, Modal, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconChevronDown } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import {
  BULK_ACTIONS,
  type BulkAction,
  bulkCountQuery,
  bulkRequest,
  bulkStatuses,
  MOST_IDS,
  useBulk,
} from '~/api/bulk'
import type { BulkResult } from '~/api/types'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatCount } from '~/ui/format'
import { filterOf, type RunsSearch, statusesOf } from './filter'

const t = words.runs
const more = words.history
const ASK = { ...t.bulkAsk, replay: more.replay.ask }
const TITLE = { ...t.bulkTitle, replay: more.replay.title }

interface BulkActionsProps {
  search: RunsSearch
  /** The runs that are ticked; without any it is all that match. */
  ids: readonly string[]
  onClear: () => void
}

/** The same request to every run that is ticked, or that the filter shows, and that can be asked it. */
export function BulkActions({ search, ids, onClear }: BulkActionsProps) {
  const [action, setAction] = useState<BulkAction | null>(null)
  const statuses = statusesOf(search)
  const possible = BULK_ACTIONS.filter(
    (item) => statuses.length === 0 || bulkStatuses(item).some((status) => statuses.includes(status)),
  )
  const some = ids.length > 0
  return (
    <>
      {some ? (
        <Button variant="subtle" onClick={onClear}>
          {more.selected.clear}
        </Button>
      ) : null}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button
            variant={some ? 'filled' : 'default'}
            disabled={possible.length === 0}
            rightSection={<IconChevronDown size={14} aria-hidden />}
          >
            {some ? more.selected.act(ids.length) : t.bulk}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {possible.map((item) => (
            <Menu.Item key={item} onClick={() => setAction(item)}>
              {ASK[item]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {action && ids.length > MOST_IDS ? (
        <Modal opened onClose={() => setAction(null)} title={TITLE[action]}>
          <Text size="sm">{more.selected.tooMany(ids.length, MOST_IDS)}</Text>
        </Modal>
      ) : null}
      {action && ids.length <= MOST_IDS ? (
        <Confirm action={action} search={search} ids={ids} onClose={() => setAction(null)} onDone={onClear} />
      ) : null}
    </>
  )
}

interface ConfirmProps {
  action: BulkAction
  search: RunsSearch
  ids: readonly string[]
  onClose: () => void
  onDone: () => void
}

function told(action: BulkAction, some: boolean, count: number): string {
  if (action === 'replay') return more.replay.count(count)
  return some ? more.selected.count(count) : t.bulkCount(count)
}

function Confirm({ action, search, ids, onClose, onDone }: ConfirmProps) {
  // Made once: what is asked is what was counted, also where times are counted back from now.
  const [body] = useState(() =>
    bulkRequest(action, ids.length > 0 ? { ids } : { filter: filterOf(search) }, Date.now()),
  )
  const count = useQuery(bulkCountQuery(body))
  const bulk = useBulk()
  const failure = count.error ?? bulk.error
  const [result, setResult] = useState<BulkResult | null>(null)
  const done = ({ done, matched }: BulkResult) =>
    action === 'replay' ? more.replay.done(done, matched) : t.bulkDone(done, matched)
  const finish = (found: BulkResult) => {
    onDone()
    if (found.refused.length > 0) {
      setResult(found)
      return
    }
    notifications.show({ message: done(found) })
    onClose()
  }
  return (
    <Modal opened onClose={onClose} title={TITLE[action]}>
      <Stack gap="sm">
        {failure ? <ErrorNote title={t.bulkFailed} error={failure} /> : null}
        {result ? (
          <div role="status">
            <Text size="sm">{done(result)}</Text>
            <Text size="sm">{t.bulkRefused}</Text>
            <ul>
              {result.refused.map((refusal) => (
                <li key={refusal.id}>
                  <Text size="sm">{refusal.message}</Text>
                </li>
              ))}
            </ul>
          </div>
        ) : (
          <Text size="sm" role="status">
            {count.data === undefined ? more.counting : told(action, ids.length > 0, count.data)}
          </Text>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {result ? t.bulkClose : words.shell.cancel}
          </Button>
          {result ? null : (
            <Button
              color={action === 'cancel' ? 'red' : undefined}
              disabled={!count.data}
              loading={bulk.isPending}
              data-autofocus
              onClick={() => bulk.mutate(body, { onSuccess: finish })}
            >
              {count.data ? `${TITLE[action]} (${formatCount(count.data)})` : TITLE[action]}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  )
}

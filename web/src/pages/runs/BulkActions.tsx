import { Button, Group, Menu, Modal, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconChevronDown } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { bulkCountQuery, REQUESTS, type Request, statusesFor, useBulk } from '~/api/control'
import type { BulkRequest, BulkResult } from '~/api/types'
import { words } from '~/i18n'
import type { RunsSearch } from '~/pages/search'
import { ErrorNote } from '~/ui/ErrorNote'

const t = words.runs

/** The same request to every run that the filter shows and that can be asked it. */
export function BulkActions({ filter }: { filter: RunsSearch }) {
  const [request, setRequest] = useState<Request | null>(null)
  const possible = REQUESTS.filter((item) => !filter.status || statusesFor(item).includes(filter.status))
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button
            variant="default"
            disabled={possible.length === 0}
            rightSection={<IconChevronDown size={14} aria-hidden />}
          >
            {t.bulk}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {possible.map((item) => (
            <Menu.Item key={item} onClick={() => setRequest(item)}>
              {t.bulkAsk[item]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {request ? <Confirm request={request} filter={filter} onClose={() => setRequest(null)} /> : null}
    </>
  )
}

interface ConfirmProps {
  request: Request
  filter: RunsSearch
  onClose: () => void
}

function Confirm({ request, filter, onClose }: ConfirmProps) {
  const body: BulkRequest = {
    action: request,
    workflow: filter.workflow,
    backfill: filter.backfill,
    called: filter.called,
    status: filter.status ? [filter.status] : statusesFor(request),
    dry_run: false,
  }
  const count = useQuery(bulkCountQuery(body))
  const bulk = useBulk()
  const failure = count.error ?? bulk.error
  const [result, setResult] = useState<BulkResult | null>(null)
  const finish = (found: BulkResult) => {
    if (found.refused.length > 0) {
      setResult(found)
      return
    }
    notifications.show({ message: t.bulkDone(found.done, found.matched) })
    onClose()
  }
  return (
    <Modal opened onClose={onClose} title={t.bulkTitle[request]}>
      <Stack gap="sm">
        {failure ? <ErrorNote title={t.bulkFailed} error={failure} /> : null}
        {result ? (
          <div role="status">
            <Text size="sm">{t.bulkDone(result.done, result.matched)}</Text>
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
            {count.data === undefined ? '…' : t.bulkCount(count.data)}
          </Text>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {result ? t.bulkClose : words.shell.cancel}
          </Button>
          {result ? null : (
            <Button
              color={request === 'cancel' ? 'red' : undefined}
              disabled={!count.data}
              loading={bulk.isPending}
              data-autofocus
              onClick={() => bulk.mutate(body, { onSuccess: finish })}
            >
              {t.bulkTitle[request]}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  )
}

import { ActionIcon, Code, Menu, Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { IconCalendarRepeat, IconDots, IconKey, IconPlayerPlay } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTestTrigger, useTriggerToken } from '~/api/triggers'
import type { Trigger } from '~/api/types'
import { words } from '~/i18n'
import { BackfillDialog } from './BackfillDialog'

const t = words.triggers

const complain = (title: string) => (error: Error) =>
  notifications.show({ color: 'red', title, message: error.message, autoClose: false })

/** What can be done with a trigger: try it out, make up for times that have passed, give it a new token. */
export function TriggerActions({ trigger }: { trigger: Trigger }) {
  const navigate = useNavigate()
  const test = useTestTrigger()
  const token = useTriggerToken()
  const [backfill, setBackfill] = useState(false)
  const askToken = () =>
    modals.openConfirmModal({
      title: t.tokenTitle(trigger.name),
      children: <Text size="sm">{t.tokenText}</Text>,
      labels: { confirm: t.tokenConfirm, cancel: words.shell.cancel },
      onConfirm: () =>
        token.mutate(trigger, {
          onSuccess: ({ token: made }) =>
            modals.open({
              title: t.tokenTitle(trigger.name),
              children: (
                <>
                  <Text size="sm" mb="xs">
                    {t.tokenShown}
                  </Text>
                  <Code block>{made}</Code>
                </>
              ),
            }),
          onError: complain(t.tokenFailed),
        }),
    })
  return (
    <>
      <Menu position="bottom-end" width={200}>
        <Menu.Target>
          <ActionIcon size={28} aria-label={t.actions(trigger.name)}>
            <IconDots size={16} stroke={1.7} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconPlayerPlay size={15} aria-hidden />}
            disabled={test.isPending}
            onClick={() =>
              test.mutate(trigger, {
                onSuccess: (run) => void navigate({ to: '/runs/$id', params: { id: run.id } }),
                onError: complain(t.testFailed),
              })
            }
          >
            {t.test}
          </Menu.Item>
          {trigger.type === 'schedule' ? (
            <Menu.Item
              leftSection={<IconCalendarRepeat size={15} aria-hidden />}
              onClick={() => setBackfill(true)}
            >
              {t.backfill}
            </Menu.Item>
          ) : null}
          {trigger.type === 'webhook' && (trigger.config.auth ?? 'token') === 'token' ? (
            <Menu.Item leftSection={<IconKey size={15} aria-hidden />} onClick={askToken}>
              {t.token}
            </Menu.Item>
          ) : null}
        </Menu.Dropdown>
      </Menu>
      {backfill ? <BackfillDialog trigger={trigger} onClose={() => setBackfill(false)} /> : null}
    </>
  )
}

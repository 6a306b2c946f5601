import { ActionIcon, Menu, Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import { IconDots, IconEdit, IconHistory, IconTrash } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import type { WorkflowSummary } from '~/api/types'
import { useDeleteWorkflow } from '~/api/workflows'
import { words } from '~/i18n'

const t = words.workflows

/** The "..." of a workflow's row. */
export function WorkflowMenu({ workflow }: { workflow: WorkflowSummary }) {
  const navigate = useNavigate()
  const remove = useDeleteWorkflow()
  const confirmRemove = () =>
    modals.openConfirmModal({
      title: t.removeTitle(workflow.name),
      children: <Text size="sm">{t.removeText}</Text>,
      labels: { confirm: t.removeConfirm, cancel: words.shell.cancel },
      confirmProps: { color: 'red' },
      onConfirm: () =>
        remove.mutate(workflow.name, {
          onError: (error) =>
            notifications.show({
              color: 'red',
              title: t.removeFailed,
              message: error.message,
              autoClose: false,
            }),
        }),
    })
  return (
    <Menu position="bottom-end" width={210}>
      <Menu.Target>
        <ActionIcon size={26} aria-label={t.actions(workflow.name)}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconEdit size={15} />}
          onClick={() => void navigate({ to: '/workflows/$name', params: { name: workflow.name } })}
        >
          {t.open}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconHistory size={15} />}
          onClick={() => void navigate({ to: '/runs', search: { workflow: workflow.name } })}
        >
          {t.showRuns}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={confirmRemove}>
          {t.remove}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

import { ActionIcon, Button, Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconChevronDown, IconPlayerPlay, IconRefresh, IconRepeat } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useReplay } from '~/api/control'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { RunDialog } from '~/runs/RunDialog'
import classes from './RunPage.module.css'

const t = words.runs

/** Run the workflow again: as it is published now, in this version, or exactly as this run was. */
export function RunAgain({ execution }: { execution: Execution }) {
  const navigate = useNavigate()
  const [dialog, setDialog] = useState<'newest' | 'this' | null>(null)
  const replaying = useReplay()
  // One key per page: a double click or a repeated request starts one run.
  const key = useRef(crypto.randomUUID())
  const show = (run: Execution) => void navigate({ to: '/runs/$id', params: { id: run.id } })
  const replay = () =>
    replaying.mutate(
      { id: execution.id, key: key.current },
      {
        onSuccess: (run) => {
          key.current = crypto.randomUUID()
          show(run)
        },
        onError: (error) =>
          notifications.show({
            color: 'red',
            title: t.replayFailed,
            message: error.message,
            autoClose: false,
          }),
      },
    )
  return (
    <>
      <Button.Group>
        <Button leftSection={<IconRefresh size={15} aria-hidden />} onClick={() => setDialog('newest')}>
          {t.again}
        </Button>
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon
              className={classes.split}
              variant="filled"
              color="indigo"
              size={30}
              aria-label={t.againMore}
            >
              <IconChevronDown size={15} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={<IconRepeat size={15} aria-hidden />}
              title={t.replayHelp}
              disabled={replaying.isPending}
              onClick={replay}
            >
              {t.replay}
            </Menu.Item>
            <Menu.Item
              leftSection={<IconPlayerPlay size={15} aria-hidden />}
              onClick={() => setDialog('this')}
            >
              {t.againThis(execution.version)}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Button.Group>
      {dialog ? (
        <RunDialog
          workflow={execution.workflow}
          {...(dialog === 'this' ? { version: execution.version } : {})}
          values={execution.inputs}
          opened
          onClose={() => setDialog(null)}
          onStarted={show}
        />
      ) : null}
    </>
  )
}

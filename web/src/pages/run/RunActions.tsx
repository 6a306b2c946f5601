import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core'
import {
  IconDots,
  IconEdit,
  IconForms,
  IconHistory,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
  IconRotateClockwise,
} from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { canAsk, REQUESTS, type Request } from '~/api/control'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { isEnded } from '~/runs/fold'
import { RetryDialog } from '~/runs/RetryDialog'
import { useSteering } from '~/runs/useSteering'
import { LinkButton } from '~/ui/LinkButton'
import { CompareMenu } from './CompareMenu'
import { RunAgain } from './RunAgain'
import classes from './RunPage.module.css'

const t = words.runs

const ICONS: Readonly<Record<Request, ReactNode>> = {
  pause: <IconPlayerPause size={15} aria-hidden />,
  resume: <IconPlayerPlay size={15} aria-hidden />,
  retry: <IconRotateClockwise size={15} aria-hidden />,
  cancel: <IconPlayerStop size={15} aria-hidden />,
}

/** What can be done about a run. */
export function RunActions({ execution, onTravel }: { execution: Execution; onTravel: () => void }) {
  const [other, setOther] = useState(false)
  return (
    <div className={classes.actions}>
      {REQUESTS.filter((request) => canAsk(execution.status, request)).map((request) => (
        <Steer key={`${request}-${execution.seq}`} execution={execution} request={request} />
      ))}
      {canAsk(execution.status, 'retry') && Object.keys(execution.inputs).length > 0 ? (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="default" size={30} aria-label={t.more}>
              <IconDots size={15} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconForms size={15} aria-hidden />} onClick={() => setOther(true)}>
              {t.retryOther}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ) : null}
      <Tooltip label={words.timeTravel.enterHelp}>
        <Button variant="default" leftSection={<IconHistory size={15} aria-hidden />} onClick={onTravel}>
          {words.timeTravel.enter}
        </Button>
      </Tooltip>
      <CompareMenu execution={execution} />
      <LinkButton
        to="/workflows/$name"
        params={{ name: execution.workflow }}
        search={{ run: execution.id }}
        variant="default"
        leftSection={<IconEdit size={15} aria-hidden />}
      >
        {t.openWorkflow}
      </LinkButton>
      {isEnded(execution.status) ? <RunAgain execution={execution} /> : null}
      {other ? <RetryDialog execution={execution} onClose={() => setOther(false)} /> : null}
    </div>
  )
}

function Steer({ execution, request }: { execution: Execution; request: Request }) {
  const { asked, ask } = useSteering()
  return (
    <Button
      variant="default"
      leftSection={ICONS[request]}
      disabled={asked}
      onClick={() => ask({ id: execution.id, request })}
    >
      {asked ? t.steer[request].asked : t.steer[request].ask}
    </Button>
  )
}

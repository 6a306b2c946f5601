import { Button } from '@mantine/core'
import {
  IconEdit,
  IconForms,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
  IconRefresh,
  IconRotateClockwise,
} from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { canAsk, REQUESTS, type Request } from '~/api/control'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { isEnded } from '~/runs/fold'
import { RetryDialog } from '~/runs/RetryDialog'
import { RunDialog } from '~/runs/RunDialog'
import { useSteering } from '~/runs/useSteering'
import { LinkButton } from '~/ui/LinkButton'
import classes from './RunPage.module.css'

const t = words.runs

const ICONS: Readonly<Record<Request, ReactNode>> = {
  pause: <IconPlayerPause size={15} aria-hidden />,
  resume: <IconPlayerPlay size={15} aria-hidden />,
  retry: <IconRotateClockwise size={15} aria-hidden />,
  cancel: <IconPlayerStop size={15} aria-hidden />,
}

/** What can be done about a run. */
export function RunActions({ execution }: { execution: Execution }) {
  const navigate = useNavigate()
  const [again, setAgain] = useState(false)
  const [other, setOther] = useState(false)
  return (
    <div className={classes.actions}>
      {REQUESTS.filter((request) => canAsk(execution.status, request)).map((request) => (
        <Steer key={`${request}-${execution.seq}`} execution={execution} request={request} />
      ))}
      {canAsk(execution.status, 'retry') && Object.keys(execution.inputs).length > 0 ? (
        <Button
          variant="default"
          leftSection={<IconForms size={15} aria-hidden />}
          onClick={() => setOther(true)}
        >
          {t.retryOther}
        </Button>
      ) : null}
      <LinkButton
        to="/workflows/$name"
        params={{ name: execution.workflow }}
        search={{ run: execution.id }}
        variant="default"
        leftSection={<IconEdit size={15} aria-hidden />}
      >
        {t.openWorkflow}
      </LinkButton>
      {isEnded(execution.status) ? (
        <Button leftSection={<IconRefresh size={15} aria-hidden />} onClick={() => setAgain(true)}>
          {t.again}
        </Button>
      ) : null}
      {other ? <RetryDialog execution={execution} onClose={() => setOther(false)} /> : null}
      {again ? (
        <RunDialog
          workflow={execution.workflow}
          values={execution.inputs}
          opened
          onClose={() => setAgain(false)}
          onStarted={(run) => void navigate({ to: '/runs/$id', params: { id: run.id } })}
        />
      ) : null}
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

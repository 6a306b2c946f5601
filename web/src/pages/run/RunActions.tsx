import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import {
  IconEdit,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
  IconRefresh,
  IconRotateClockwise,
} from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { type Request, useSteerExecution } from '~/api/executions'
import type { Execution, ExecutionStatus } from '~/api/types'
import { words } from '~/i18n'
import { isEnded } from '~/runs/fold'
import { RunDialog } from '~/runs/RunDialog'
import { LinkButton } from '~/ui/LinkButton'
import classes from './RunPage.module.css'

const t = words.runs

/** What may be asked in which status, as the server has it; the retry of a run that succeeded is "run again". */
const POSSIBLE: Readonly<Record<ExecutionStatus, readonly Request[]>> = {
  queued: ['pause', 'cancel'],
  running: ['pause', 'cancel'],
  waiting: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  interrupted: ['resume', 'retry', 'cancel'],
  failed: ['retry'],
  cancelled: ['retry'],
  succeeded: [],
}

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
  return (
    <div className={classes.actions}>
      {POSSIBLE[execution.status].map((request) => (
        <Steer key={`${request}-${execution.seq}`} execution={execution} request={request} />
      ))}
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

/** A request is durable once it is answered; the run's events show what came of it. */
function Steer({ execution, request }: { execution: Execution; request: Request }) {
  const steering = useSteerExecution()
  const asked = steering.isPending || steering.isSuccess
  const ask = () =>
    steering.mutate(
      { id: execution.id, request },
      {
        onError: (error) =>
          notifications.show({
            color: 'red',
            title: t.steer[request].failed,
            message: error.message,
            autoClose: false,
          }),
      },
    )
  return (
    <Button variant="default" leftSection={ICONS[request]} disabled={asked} onClick={ask}>
      {asked ? t.steer[request].asked : t.steer[request].ask}
    </Button>
  )
}

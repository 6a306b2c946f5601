import { Button, UnstyledButton } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconEdit, IconPlayerStop, IconRefresh } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useCancelExecution } from '~/api/executions'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { isEnded } from '~/runs/fold'
import { RunDialog } from '~/runs/RunDialog'
import type { RunStatusStore } from '~/runs/state'
import { useAllNodeRuns } from '~/runs/useRun'
import { elapsed, formatDuration } from '~/ui/format'
import { LinkButton } from '~/ui/LinkButton'
import { StatusBadge } from '~/ui/StatusBadge'
import { Duration, Time } from '~/ui/Time'
import classes from './RunPage.module.css'

const t = words.runs
const DONE = new Set(['succeeded', 'failed', 'skipped', 'cancelled'])

interface RunHeaderProps {
  execution: Execution
  store: RunStatusStore
  onSelect: (node: string) => void
}

function useSentence(execution: Execution, store: RunStatusStore): string {
  const nodes = useAllNodeRuns(store)
  const { version, status } = execution
  const took = formatDuration(elapsed(execution.started_at, execution.ended_at, Date.now()) ?? 0)
  if (status === 'running') {
    return t.sentence.running(version, nodes.filter(([, view]) => DONE.has(view.status)).length, nodes.length)
  }
  return t.sentence[status](version, took)
}

/** What happened, in one sentence, and what can be done about it. */
export function RunHeader({ execution, store, onSelect }: RunHeaderProps) {
  const sentence = useSentence(execution, store)
  const { error } = execution
  const culprit = error?.node ? execution.nodes[error.node] : undefined
  return (
    <header className={classes.header}>
      <StatusBadge status={execution.status} variant="pill" />
      <div className={classes.sentence}>
        <h1>
          <Link to="/workflows/$name" params={{ name: execution.workflow }}>
            {execution.workflow}
          </Link>{' '}
          <span>{sentence}</span>
          {error ? (
            <>
              {culprit ? (
                <>
                  {` ${t.sentence.at} `}
                  <UnstyledButton className={classes.culprit} onClick={() => onSelect(culprit.node)}>
                    {culprit.title || culprit.node}
                  </UnstyledButton>
                </>
              ) : null}
              <span className={classes.reason}>: {error.message}</span>
            </>
          ) : null}
        </h1>
        <p className={classes.when}>
          {t.triggers[execution.trigger.type] ?? execution.trigger.type} · {t.startedAt}{' '}
          <Time at={execution.started_at ?? execution.created_at} />
          {isEnded(execution.status) ? null : (
            <>
              {' · '}
              <Duration start={execution.started_at} end={execution.ended_at} />
            </>
          )}
        </p>
      </div>
      <RunActions execution={execution} />
    </header>
  )
}

function RunActions({ execution }: { execution: Execution }) {
  const navigate = useNavigate()
  const cancel = useCancelExecution()
  const [again, setAgain] = useState(false)
  const stop = () =>
    cancel.mutate(execution.id, {
      onError: (error) =>
        notifications.show({ color: 'red', title: t.cancelFailed, message: error.message, autoClose: false }),
    })
  const open = !isEnded(execution.status)
  return (
    <div className={classes.actions}>
      {open ? (
        <Button
          variant="default"
          leftSection={<IconPlayerStop size={15} aria-hidden />}
          disabled={cancel.isPending || cancel.isSuccess}
          onClick={stop}
        >
          {cancel.isPending || cancel.isSuccess ? t.cancelling : t.cancel}
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
      {open ? null : (
        <Button leftSection={<IconRefresh size={15} aria-hidden />} onClick={() => setAgain(true)}>
          {t.again}
        </Button>
      )}
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

import { UnstyledButton } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { isEnded } from '~/runs/fold'
import { occasionOf } from '~/runs/occasion'
import type { RunStatusStore } from '~/runs/state'
import { useAllNodeRuns } from '~/runs/useRun'
import { elapsed, formatDuration } from '~/ui/format'
import { StatusBadge } from '~/ui/StatusBadge'
import { Duration, Time } from '~/ui/Time'
import { PartOf } from './PartOf'
import { ReplayOf } from './ReplayOf'
import { RunActions } from './RunActions'
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
  const said = t.sentence[status](version, took)
  const why = execution.waiting?.message ?? execution.reason
  return why ? `${said}. ${why}` : said
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
          {execution.status !== 'running' && execution.waiting?.until ? (
            <span>
              {' ('}
              <Time at={execution.waiting.until} />)
            </span>
          ) : null}
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
          {[t.triggers[execution.trigger.type] ?? execution.trigger.type, ...occasionOf(execution)].join(
            ' · ',
          )}{' '}
          · {t.startedAt} <Time at={execution.started_at ?? execution.created_at} />
          <PartOf execution={execution} />
          <ReplayOf execution={execution} />
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

import { UnstyledButton } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { isEnded } from '~/runs/fold'
import { occasionOf } from '~/runs/occasion'
import type { RunStatusStore } from '~/runs/state'
import { formatTimes, slowness, type Typical } from '~/runs/typical'
import { useProgress } from '~/runs/useRun'
import { elapsed, formatDuration } from '~/ui/format'
import { StatusBadge } from '~/ui/StatusBadge'
import { Duration, Time } from '~/ui/Time'
import { PartOf } from './PartOf'
import { ReplayOf } from './ReplayOf'
import { RunActions } from './RunActions'
import classes from './RunPage.module.css'

const t = words.runs

interface RunHeaderProps {
  execution: Execution
  store: RunStatusStore
  typical: Typical | null
  /** The moment that is shown in place of now (ms): what can be done about the run is left out then. */
  moment: number | null
  onSelect: (node: string) => void
  onTravel: () => void
}

function useSentence(execution: Execution, store: RunStatusStore, now: number): string {
  const { done, all } = useProgress(store)
  const { version, status } = execution
  const took = formatDuration(elapsed(execution.started_at, execution.ended_at, now) ?? 0)
  if (status === 'running') return t.sentence.running(version, done, all)
  const said = t.sentence[status](version, took)
  const why = execution.waiting?.message ?? execution.reason
  return why ? `${said}. ${why}` : said
}

/** What happened, in one sentence, and what can be done about it. */
export function RunHeader({ execution, store, typical, moment, onSelect, onTravel }: RunHeaderProps) {
  const sentence = useSentence(execution, store, moment ?? Date.now())
  const { error } = execution
  const culprit = error?.node ? execution.nodes[error.node] : undefined
  return (
    <header className={classes.header}>
      <StatusBadge status={execution.status} variant="pill" />
      <div className={classes.sentence}>
        <h1>
          <Link
            to="/workflows/$name"
            params={{ name: execution.workflow }}
            search={{ run: execution.id }}
            title={t.versionOf(execution.version)}
          >
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
          ·{' '}
          <Link
            to="/workflows/$name/versions/$version"
            params={{ name: execution.workflow, version: execution.version }}
          >
            {words.versions.version(execution.version)}
          </Link>{' '}
          · {t.startedAt} <Time at={execution.started_at ?? execution.created_at} />
          <PartOf execution={execution} />
          <ReplayOf execution={execution} />
          {isEnded(execution.status) || moment !== null ? null : (
            <>
              {' · '}
              <Duration start={execution.started_at} end={execution.ended_at} />
            </>
          )}
          {moment === null ? <Usually execution={execution} typical={typical} /> : null}
        </p>
      </div>
      {moment === null ? <RunActions execution={execution} onTravel={onTravel} /> : null}
    </header>
  )
}

/** How long the workflow takes as a rule, and whether this run took longer. */
function Usually({ execution, typical }: { execution: Execution; typical: Typical | null }) {
  const usual = typical?.run
  if (!usual || !execution.started_at) return null
  const took = elapsed(execution.started_at, execution.ended_at, Date.now()) ?? 0
  const times = slowness(took, usual)
  return (
    <>
      {' · '}
      {times === null ? (
        words.why.usual(formatDuration(usual.half))
      ) : (
        <span className={classes.slow}>
          {words.why.slowRun(formatTimes(times))} ({words.why.usual(formatDuration(usual.half))})
        </span>
      )}
    </>
  )
}

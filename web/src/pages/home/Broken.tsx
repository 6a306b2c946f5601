import { Button } from '@mantine/core'
import {
  type Icon,
  IconAlertTriangle,
  IconCircleCheck,
  IconCloudOff,
  IconUserCheck,
  IconX,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { MOST_COUNTED, openApprovalsQuery } from '~/api/approvals'
import { failingQuery } from '~/api/history'
import { registryQuery } from '~/api/nodeTypes'
import type { Preset } from '~/api/timeRange'
import type { FailingWorkflow } from '~/api/types'
import { words } from '~/i18n'
import { stream } from '~/runs/browserStream'
import { useConnection } from '~/runs/useRun'
import { ErrorNote } from '~/ui/ErrorNote'
import { LinkButton } from '~/ui/LinkButton'
import { Time } from '~/ui/Time'
import classes from './Home.module.css'

const t = words.home.broken
const MOST_FAILING = 5

/** Whether the first answer is there: what stands below waits for it, so that it does not jump. */
export function useBrokenKnown(last: Preset): boolean {
  const failing = useQuery(failingQuery(last, MOST_FAILING))
  const approvals = useQuery(openApprovalsQuery())
  const registry = useQuery(registryQuery())
  const [known, setKnown] = useState(false)
  if (!known && !failing.isPending && !approvals.isPending && !registry.isPending) setKnown(true)
  return known
}

/** Everything that somebody should look at, the worst first; one calm line when there is nothing. */
export function Broken({ last }: { last: Preset }) {
  const failing = useQuery(failingQuery(last, MOST_FAILING))
  const approvals = useQuery(openApprovalsQuery())
  const registry = useQuery(registryQuery())
  const connection = useConnection()
  const workflows = failing.data?.items.filter((item) => item.failed > 0) ?? []
  const quarantined = registry.data?.sources.filter((source) => source.status === 'quarantined') ?? []
  const trouble = registry.data?.trouble ?? null
  const open = approvals.data ?? 0
  const lost = connection.state === 'offline' || connection.state === 'polling'
  const known = failing.isSuccess && approvals.isSuccess && registry.isSuccess
  const fine = known && workflows.length + quarantined.length + open === 0 && !lost && trouble === null
  const error = failing.error ?? approvals.error ?? registry.error

  return (
    <section className={classes.broken} aria-labelledby="broken" data-fine={fine || undefined}>
      <h2 id="broken" className={classes.question}>
        {t.title}
      </h2>
      {error && !known ? <ErrorNote title={t.failed} error={error} /> : null}
      {fine ? (
        <p className={classes.fine}>
          <IconCircleCheck size={18} stroke={1.8} aria-hidden />
          {t.fine(words.home.lately[last])}
        </p>
      ) : null}
      <ul className={classes.troubles}>
        {lost ? (
          <Trouble
            icon={IconCloudOff}
            tone="interrupted"
            text={connection.state === 'offline' ? t.offline : t.polling}
          >
            <Button variant="default" size="compact-xs" onClick={stream.retryNow}>
              {t.retry}
            </Button>
          </Trouble>
        ) : null}
        {workflows.map((item) => (
          <Failing key={item.workflow} item={item} last={last} />
        ))}
        {quarantined.map((source) => (
          <Trouble
            key={source.name}
            icon={IconAlertTriangle}
            tone="interrupted"
            text={t.quarantined(source.name)}
            detail={source.error?.trim().split('\n').at(-1)}
          >
            <LinkButton to="/nodes" variant="default" size="compact-xs">
              {t.quarantinedGo}
            </LinkButton>
          </Trouble>
        ))}
        {trouble ? (
          <Trouble icon={IconAlertTriangle} tone="interrupted" text={t.trouble} detail={trouble} />
        ) : null}
        {open > 0 ? (
          <Trouble
            icon={IconUserCheck}
            tone="waiting"
            text={t.approvals(open > MOST_COUNTED ? `${MOST_COUNTED}+` : String(open), open)}
          >
            <LinkButton to="/approvals" variant="default" size="compact-xs">
              {t.approvalsGo}
            </LinkButton>
          </Trouble>
        ) : null}
      </ul>
    </section>
  )
}

function Failing({ item, last }: { item: FailingWorkflow; last: Preset }) {
  const run = item.last
  return (
    <Trouble
      icon={IconX}
      tone="failed"
      text={
        <Link to="/workflows/$name" params={{ name: item.workflow }} className={classes.strong}>
          {item.workflow}
        </Link>
      }
      detail={
        run ? (
          <Link to="/runs/$id" params={{ id: run.id }} title={run.error?.message}>
            {run.error?.message ?? words.status[run.status]}
          </Link>
        ) : null
      }
      when={run?.ended_at ?? run?.created_at ?? null}
    >
      <Link
        to="/runs"
        search={{ workflow: item.workflow, status: 'failed,interrupted', last }}
        className={classes.count}
        aria-label={`${t.ofRuns(item.failed, item.total)}. ${t.showFailed(item.workflow)}`}
      >
        {t.ofRuns(item.failed, item.total)}
      </Link>
    </Trouble>
  )
}

interface TroubleProps {
  icon: Icon
  tone: 'failed' | 'interrupted' | 'waiting'
  text: ReactNode
  detail?: ReactNode
  when?: string | null
  /** What to do about it. */
  children?: ReactNode
}

function Trouble({ icon: Mark, tone, text, detail, when, children }: TroubleProps) {
  return (
    <li className={classes.trouble} data-tone={tone}>
      <Mark size={15} stroke={2.2} aria-hidden />
      <span className={classes.troubleText}>{text}</span>
      <span className={classes.detail}>{detail}</span>
      <span className={classes.when}>{when ? <Time at={when} /> : null}</span>
      <span className={classes.act}>{children}</span>
    </li>
  )
}

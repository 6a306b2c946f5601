import { UnstyledButton } from '@mantine/core'
import { IconArrowsSplit2, IconEqual } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { Comparison, ExecutionSummary } from '~/api/types'
import { words } from '~/i18n'
import { occasionOf } from '~/runs/occasion'
import { shortId } from '~/ui/format'
import { StatusBadge } from '~/ui/StatusBadge'
import { Duration, Time } from '~/ui/Time'
import classes from './Compare.module.css'

const t = words.compare

interface CompareHeadProps {
  comparison: Comparison
  onSelect: (node: string | null) => void
}

/** The two runs, and where they part. */
export function CompareHead({ comparison, onSelect }: CompareHeadProps) {
  const [own, other] = comparison.executions
  const divergence = comparison.first_divergence
  const Icon = divergence ? IconArrowsSplit2 : IconEqual
  return (
    <>
      <div className={classes.pair}>
        <RunCard title={t.thisRun} run={own} differs={!comparison.same_version} />
        <RunCard title={t.otherRun} run={other} differs={!comparison.same_version} />
      </div>
      <p className={classes.divergence} data-same={divergence ? undefined : true} data-testid="divergence">
        <Icon size={17} stroke={1.8} aria-hidden />
        <span>
          {divergence === null ? t.same : divergence.what === 'inputs' ? t.divergenceInputs : t.divergence}{' '}
          {divergence && divergence.node !== null ? (
            <>
              {divergence.what === 'inputs' ? `${t.divergenceFirst} ` : null}
              <UnstyledButton className={classes.link} onClick={() => onSelect(divergence.node)}>
                {divergence.node}
              </UnstyledButton>
              {divergence.what === 'inputs' ? '.' : `: ${t.what[divergence.what]}`}
            </>
          ) : null}
        </span>
      </p>
      {comparison.same_workflow ? null : <p className={classes.quiet}>{t.otherWorkflow}</p>}
    </>
  )
}

function RunCard({ title, run, differs }: { title: string; run: ExecutionSummary; differs: boolean }) {
  const trigger = [words.runs.triggers[run.trigger.type] ?? run.trigger.type, ...occasionOf(run)]
  return (
    <section className={classes.run} aria-label={title}>
      <span className={classes.caption}>{title}</span>
      <div className={classes.facts}>
        <StatusBadge status={run.status} variant="pill" />
        <Link to="/runs/$id" params={{ id: run.id }}>
          {run.workflow} <code>{shortId(run.id)}</code>
        </Link>
        <span data-differs={differs || undefined}>v{run.version}</span>
        <Duration start={run.started_at} end={run.ended_at} />
        <span className={classes.quiet}>
          {trigger.join(' · ')} · <Time at={run.started_at ?? run.created_at} />
        </span>
      </div>
      {run.error ? <p className={classes.error}>{run.error.message}</p> : null}
    </section>
  )
}

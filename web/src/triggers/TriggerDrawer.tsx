import { Drawer } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { triggerQuery } from '~/api/triggers'
import type { Trigger, TriggerFire } from '~/api/types'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { shortId } from '~/ui/format'
import { Time } from '~/ui/Time'
import { zoneOf } from './instants'
import { triggerSummary } from './summary'
import { TimeList } from './TimeList'
import { Outcome } from './TriggerTable'
import classes from './triggers.module.css'
import { WebhookFacts } from './WebhookFacts'
import { WebhookSample } from './WebhookSample'

const t = words.triggers

/** One trigger: its next times, and what became of the last ones, with reasons. */
export function TriggerDrawer({ trigger, onClose }: { trigger: Trigger; onClose: () => void }) {
  const query = useQuery(triggerQuery(trigger.workflow, trigger.name))
  const shown = query.data ?? trigger
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size={460}
      title={`${shown.workflow} · ${shown.name}`}
      closeButtonProps={{ 'aria-label': words.approvals.close }}
    >
      <p className={classes.muted}>
        {t.types[shown.type] ?? shown.type} <code>{triggerSummary(shown)}</code>
      </p>
      {query.error ? <ErrorNote title={t.loadFailed} error={query.error} /> : null}
      {shown.type === 'schedule' ? <Upcoming trigger={shown} /> : null}
      {shown.type === 'webhook' ? <WebhookFacts trigger={shown} /> : null}
      {shown.type === 'webhook' ? <WebhookSample trigger={shown} /> : null}
      <section className={classes.section} aria-label={t.fires}>
        <h3>{t.fires}</h3>
        {shown.last_fires.length === 0 ? <p className={classes.muted}>{t.noFires}</p> : null}
        <ol className={classes.fires}>
          {shown.last_fires.map((fire) => (
            <li key={`${fire.at} ${fire.scheduled_at} ${fire.outcome}`}>
              <Fire fire={fire} />
            </li>
          ))}
        </ol>
      </section>
    </Drawer>
  )
}

function Upcoming({ trigger }: { trigger: Trigger }) {
  return (
    <section className={classes.section} aria-label={t.upcoming}>
      <h3>{t.upcoming}</h3>
      {trigger.next_at.length === 0 ? <p className={classes.muted}>{t.noUpcoming}</p> : null}
      <TimeList times={trigger.next_at} zone={zoneOf(trigger)} />
    </section>
  )
}

function Fire({ fire }: { fire: TriggerFire }) {
  return (
    <>
      <span className={classes.fire}>
        <Outcome fire={fire} />
        {fire.count > 1 ? <span>{t.times(fire.count)}</span> : null}
        {fire.execution ? (
          <Link to="/runs/$id" params={{ id: fire.execution }}>
            {t.run} {shortId(fire.execution)}
          </Link>
        ) : null}
        <span className={classes.muted}>
          <Time at={fire.scheduled_at ?? fire.at} />
        </span>
      </span>
      {fire.reason ? <span className={classes.reason}>{fire.reason}</span> : null}
    </>
  )
}

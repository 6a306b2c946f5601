import { Switch, UnstyledButton } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useSwitchTrigger } from '~/api/triggers'
import type { Trigger, TriggerFire } from '~/api/types'
import { words } from '~/i18n'
import { type ListColumn, ListTable } from '~/ui/ListTable'
import { StatusBadge } from '~/ui/StatusBadge'
import { Time } from '~/ui/Time'
import type { Status } from '~/ui/tokens'
import { triggerSummary } from './summary'
import { TriggerActions } from './TriggerActions'
import classes from './triggers.module.css'

const t = words.triggers

const OUTCOME: Readonly<Record<TriggerFire['outcome'], Status>> = {
  started: 'succeeded',
  skipped: 'skipped',
  failed: 'failed',
  refused: 'interrupted',
}

export function Outcome({ fire }: { fire: TriggerFire }) {
  return <StatusBadge status={OUTCOME[fire.outcome]} label={t.outcomes[fire.outcome]} />
}

function OnOff({ trigger }: { trigger: Trigger }) {
  const change = useSwitchTrigger()
  const on = change.isPending ? change.variables.on : trigger.enabled
  return (
    <Switch
      size="xs"
      aria-label={t.switch(trigger.name)}
      checked={on}
      onChange={(event) =>
        change.mutate(
          { trigger, on: event.currentTarget.checked },
          {
            onError: (error) =>
              notifications.show({
                color: 'red',
                title: t.switchFailed,
                message: error.message,
                autoClose: false,
              }),
          },
        )
      }
    />
  )
}

function Last({ trigger }: { trigger: Trigger }) {
  const [fire] = trigger.last_fires
  if (!fire) return <span className={classes.muted}>{t.never}</span>
  return (
    <span className={classes.last} title={fire.reason ?? undefined}>
      <Outcome fire={fire} /> <Time at={fire.at} />
      {fire.reason ? <span className={classes.muted}>{fire.reason}</span> : null}
    </span>
  )
}

function columns(onOpen: (trigger: Trigger) => void, ofOne: boolean): ListColumn<Trigger>[] {
  const workflow: ListColumn<Trigger> = {
    key: 'workflow',
    head: t.workflow,
    width: 190,
    narrow: 180,
    cell: (item) => (
      <Link to="/workflows/$name" params={{ name: item.workflow }} title={item.workflow}>
        {item.workflow}
      </Link>
    ),
  }
  return [
    { key: 'on', head: t.on, width: 64, cell: (item) => <OnOff trigger={item} /> },
    {
      key: 'name',
      head: t.name,
      width: ofOne ? 140 : 150,
      cell: (item) => (
        <UnstyledButton data-main className={classes.name} title={item.name} onClick={() => onOpen(item)}>
          {item.name}
        </UnstyledButton>
      ),
    },
    ...(ofOne ? [] : [workflow]),
    {
      key: 'type',
      head: t.type,
      width: ofOne ? undefined : 320,
      narrow: ofOne ? undefined : 270,
      cell: (item) => (
        <span title={triggerSummary(item)}>
          {t.types[item.type] ?? item.type} <code>{triggerSummary(item)}</code>
        </span>
      ),
    },
    {
      key: 'next',
      head: t.next,
      width: 110,
      cell: (item) =>
        item.enabled ? <Time at={item.next_at[0] ?? null} /> : <span className={classes.muted}>{t.off}</span>,
    },
    { key: 'last', head: t.last, width: ofOne ? 190 : undefined, cell: (item) => <Last trigger={item} /> },
    {
      key: 'actions',
      head: t.details,
      hideHead: true,
      width: 60,
      align: 'right',
      cell: (item) => <TriggerActions trigger={item} />,
    },
  ]
}

interface TriggerTableProps {
  triggers: readonly Trigger[]
  /** All of one workflow, which then needs no column. */
  ofOne?: boolean
  onOpen: (trigger: Trigger) => void
  footer?: ReactNode
}

/** Triggers with a switch, their next time and what became of the last one. */
export function TriggerTable({ triggers, ofOne = false, onOpen, footer }: TriggerTableProps) {
  return (
    <ListTable
      label={t.title}
      columns={columns(onOpen, ofOne)}
      rows={triggers}
      rowKey={(item) => `${item.workflow}/${item.name}`}
      onOpen={onOpen}
      footer={footer}
    />
  )
}

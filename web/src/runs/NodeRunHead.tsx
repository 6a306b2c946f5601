import { Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Fragment } from 'react'
import { nodeTypesQuery } from '~/api/nodeTypes'
import { words } from '~/i18n'
import { typeId } from '~/model/workflow'
import { CategoryIcon } from '~/ui/CategoryIcon'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatCount } from '~/ui/format'
import { StatusBadge } from '~/ui/StatusBadge'
import { Duration, Time } from '~/ui/Time'
import { type NodeRunView, shownStatus } from './fold'
import { lostItems } from './items'
import { LostMark } from './LostMark'
import classes from './NodeRunPanel.module.css'
import { RowCount } from './RowCount'
import type { RowsIn } from './rowsIn'

const t = words.runs

interface NodeRunHeadProps {
  nodeId: string
  title: string
  type: string
  view: NodeRunView | undefined
  /** Rows of the tables that came in, by port; null of those that were never stored. */
  rowsIn?: RowsIn | undefined
  /** Title of the node that it undoes. */
  undoes?: string | undefined
  /** The moment (ms) that is shown in place of now. */
  until?: number | null
  children?: React.ReactNode
}

/** Name, status, times and error of a node in a run. */
export function NodeRunHead({
  nodeId,
  title,
  type,
  view,
  rowsIn,
  undoes,
  until = null,
  children,
}: NodeRunHeadProps) {
  const lost = lostItems(view)
  const types = useQuery(nodeTypesQuery())
  const known = types.data?.find((item) => item.id === typeId(type))
  return (
    <div className={classes.head}>
      <div className={classes.identity}>
        <CategoryIcon category={known?.category ?? ''} icon={known?.icon} />
        <div className={classes.names}>
          <Title order={2} size="h3" title={title}>
            {title}
          </Title>
          <code>
            {nodeId} · {typeId(type)}
          </code>
        </div>
        <StatusBadge status={view ? shownStatus(view) : 'pending'} variant="pill" />
      </div>
      {view ? <Facts view={view} rowsIn={rowsIn} undoes={undoes} until={until} /> : null}
      {lost ? (
        <p className={classes.lost}>
          <LostMark items={lost} size={16} />
          {t.items.lost(formatCount(lost.failed), formatCount(lost.total))}
        </p>
      ) : null}
      {view?.error && (view.status === 'failed' || view.status === 'retrying') ? (
        <ErrorNote
          title={view.status === 'failed' ? t.failedTitle : t.retryTitle(view.attempt)}
          error={view.error}
        >
          {view.error.details ? (
            <details>
              <summary>{t.errorDetails}</summary>
              <pre className={classes.details}>{detailsText(view.error.details)}</pre>
            </details>
          ) : null}
        </ErrorNote>
      ) : null}
      {children}
    </div>
  )
}

function detailsText(details: unknown): string {
  if (typeof details === 'string') return details
  if (typeof details === 'object' && details !== null && 'traceback' in details)
    return String(details.traceback)
  return JSON.stringify(details, null, 2)
}

interface FactsProps {
  view: NodeRunView
  rowsIn: RowsIn | undefined
  undoes: string | undefined
  until: number | null
}

function Facts({ view, rowsIn, undoes, until }: FactsProps) {
  if (!view.startedAt) return null
  return (
    <dl className={classes.facts}>
      {undoes === undefined ? null : <Fact name={t.undoes}>{undoes}</Fact>}
      <Fact name={t.startedAt}>
        <Time at={view.startedAt} />
      </Fact>
      <Fact name={t.took}>
        <Duration
          start={view.startedAt}
          end={view.endedAt ?? (until === null ? null : new Date(until).toISOString())}
        />
      </Fact>
      {rowsIn === undefined ? null : (
        <Fact name={t.rowsIn}>
          <CountedPorts rows={rowsIn} />
        </Fact>
      )}
      {view.rows === undefined ? null : (
        <Fact name={t.rowsOut}>
          <RowCount rows={view.rows} />
        </Fact>
      )}
      {view.progress && view.status === 'running' ? (
        <Fact name={words.status.running}>{t.progress(view.progress.done, view.progress.total)}</Fact>
      ) : null}
      {view.attempt > 1 ? <Fact name={t.attempts}>{view.attempt}</Fact> : null}
      {view.status === 'retrying' && view.dueAt ? (
        <Fact name={t.nextAttempt}>
          <Time at={view.dueAt} every={500} />
        </Fact>
      ) : null}
    </dl>
  )
}

/** Of one port only the number: which one it is says nothing then. */
function CountedPorts({ rows }: { rows: RowsIn }) {
  return [...rows].map(([port, count], index) => (
    <Fragment key={port}>
      {index > 0 ? ', ' : ''}
      {rows.size > 1 ? `${port} ` : ''}
      <RowCount rows={count} />
    </Fragment>
  ))
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { lineageQuery } from '~/api/executions'
import type { MadeValue } from '~/api/types'
import { words } from '~/i18n'
import { typeId } from '~/model/workflow'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatBytes, formatCount, shortId } from '~/ui/format'
import { PagePending } from '~/ui/PagePending'
import { Time } from '~/ui/Time'
import { useSlow } from '~/ui/useSlow'
import classes from './LineageTab.module.css'

const t = words.runs

interface LineageTabProps {
  execution: string
  node: string
  /** Its nodes have a page to go to. */
  linked: boolean
}

/** What the values of a node were made of: the node first, then all that it is based on. */
export function LineageTab({ execution, node, linked }: LineageTabProps) {
  const found = useQuery(lineageQuery(execution, node))
  const slow = useSlow(found.isPending)
  if (found.error) {
    return <ErrorNote title={t.lineageFailed} error={found.error} onRetry={() => void found.refetch()} />
  }
  if (!found.data) return slow ? <PagePending /> : null
  if (found.data.items.length === 0) return <p className={classes.quiet}>{t.lineageNone}</p>
  const nodeLink = (name: string) =>
    linked ? (
      <Link to="/runs/$id" params={{ id: execution }} search={{ node: name, tab: 'lineage' }}>
        {name}
      </Link>
    ) : (
      name
    )
  return (
    <ol className={classes.values} aria-label={t.tabLineage}>
      {found.data.items.toReversed().map((made) => (
        <MadeItem key={`${made.node} ${made.outlet}`} made={made} nodeLink={nodeLink} />
      ))}
    </ol>
  )
}

const sizeOf = ({ kind, rows, bytes }: Pick<MadeValue, 'kind' | 'rows' | 'bytes'>): string =>
  bytes === null
    ? `${t.valueKinds[kind]}, ${t.notStored}`
    : rows === null
      ? `${t.valueKinds[kind]}, ${formatBytes(bytes)}`
      : `${t.rows(formatCount(rows), rows)}, ${formatBytes(bytes)}`

const outletOf = (outlet: string): string => (outlet === 'out' ? '' : ` · ${outlet}`)

function MadeItem({ made, nodeLink }: { made: MadeValue; nodeLink: (name: string) => ReactNode }) {
  return (
    <li>
      <p className={classes.made}>
        <strong>
          {nodeLink(made.node)}
          {outletOf(made.outlet)}
        </strong>{' '}
        <code>{typeId(made.type)}</code> <span className={classes.quiet}>{sizeOf(made)}</span>{' '}
        <Time at={made.at} />
      </p>
      <ul className={classes.sources}>
        {made.inputs.map((came) => (
          <li key={`${came.port} ${came.node} ${came.outlet}`}>
            {t.madeFrom} {nodeLink(came.node)}
            {outletOf(came.outlet)}
            {came.port === 'in' ? '' : ` → ${came.port}`}, {sizeOf(came)}
          </li>
        ))}
        {made.reads.length > 0 ? (
          <li>
            {t.configReads} {made.reads.join(', ')}
          </li>
        ) : null}
        {made.reused?.execution ? (
          <li>
            {t.reusedFrom} {made.reused.node}, <RunLink id={made.reused.execution} />
          </li>
        ) : null}
        {made.also.map((use) => (
          <li key={`${use.execution} ${use.node} ${use.outlet}`}>
            {t.sameBytes} {use.node}
            {outletOf(use.outlet)}, {use.workflow} <RunLink id={use.execution} />
          </li>
        ))}
      </ul>
    </li>
  )
}

function RunLink({ id }: { id: string }) {
  return (
    <Link to="/runs/$id" params={{ id }}>
      {shortId(id)}
    </Link>
  )
}

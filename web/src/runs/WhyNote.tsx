import { UnstyledButton } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { words } from '~/i18n'
import { edgeIndex } from '~/model/edgeIndex'
import { parseEdges } from '~/model/edges'
import { nodeTitle, type WorkflowDocument } from '~/model/workflow'
import { formatDuration, shortId } from '~/ui/format'
import { StatusBadge } from '~/ui/StatusBadge'
import { Time } from '~/ui/Time'
import { criticalPath } from './criticalPath'
import { type NodeRunView, shownStatus } from './fold'
import { timeOfId } from './idTime'
import { timeOf } from './moments'
import { type SegmentKind, sharesOf, type Track, type Tracks } from './segments'
import { formatTimes, slowness, type Usual } from './typical'
import classes from './WhyNote.module.css'

const t = words.why
const KINDS: readonly SegmentKind[] = ['running', 'inside', 'queued', 'time', 'people', 'retrying']

export interface WhyProps {
  node: string
  view: NodeRunView
  document: WorkflowDocument | null
  viewOf: (node: string) => NodeRunView | undefined
  tracks: Tracks
  usual: Usual | null
  onSelect?: ((node: string) => void) | undefined
}

/** Why a node was skipped, took longer than usual, or was not computed anew; nothing where there is nothing to ask. */
export function WhyNote(props: WhyProps) {
  const { view, node, tracks, usual } = props
  if (view.status === 'skipped' || view.status === 'cancelled') return <NotRun {...props} />
  if (view.reused) return <Reused view={view} />
  const track = tracks.get(node)
  if (!view.startedAt || !view.endedAt || !track) return null
  const took = timeOf(view.endedAt) - timeOf(view.startedAt)
  const times = slowness(took, usual)
  const failed = track.failures.size - (view.status === 'failed' ? 1 : 0)
  if (times === null && failed <= 0) return null
  return (
    <section className={classes.note} aria-label={t.label} data-tone={times === null ? undefined : 'slow'}>
      {times !== null && usual ? (
        <p>
          {t.slow(
            formatDuration(took),
            formatTimes(times),
            formatDuration(usual.half),
            formatDuration(usual.most),
          )}
        </p>
      ) : null}
      {failed > 0 ? <p>{t.attempts(failed)}.</p> : null}
      <Shares track={track} end={timeOf(view.endedAt)} took={took} />
      {times === null ? null : <Critical {...props} />}
    </section>
  )
}

function NotRun({ view, node, document, viewOf, onSelect }: WhyProps) {
  const sources = useMemo(() => {
    const edges = document ? edgeIndex(document.edges).incoming.get(node) : undefined
    return [...new Set(edges?.map((edge) => edge.source))]
  }, [document, node])
  if (!view.reason && sources.length === 0) return null
  return (
    <section className={classes.note} aria-label={t.label}>
      {view.reason ? <p>{words.runs.reason(view.reason)}</p> : null}
      {sources.length > 0 ? (
        <p className={classes.sources}>
          {t.sources}
          {sources.map((source) => {
            const before = viewOf(source)
            return (
              <UnstyledButton key={source} className={classes.source} onClick={() => onSelect?.(source)}>
                {nodeTitle(source, document?.nodes[source])}
                {before ? <StatusBadge status={shownStatus(before)} size={12} /> : null}
              </UnstyledButton>
            )
          })}
        </p>
      ) : null}
    </section>
  )
}

/** Of a whole run: what was the same. Of a test run of a part: where the value was taken from. */
function Reused({ view: { reused } }: { view: NodeRunView }) {
  if (!reused) return null
  const { execution, node, pinned, at } = reused
  const made = at ?? (execution === null ? null : timeOfId(execution))
  return (
    <section className={classes.note} aria-label={t.label}>
      <p>{pinned ? t.pinned : at === null ? t.reused : t.given}</p>
      {execution === null ? null : (
        <p>
          {t.reusedFrom}{' '}
          <Link to="/runs/$id" params={{ id: execution }} search={{ node: node ?? undefined }}>
            {node === null ? shortId(execution) : `${node} · ${shortId(execution)}`}
          </Link>
          {made ? (
            <>
              , {t.reusedMade} <Time at={made} />
            </>
          ) : null}
        </p>
      )}
    </section>
  )
}

/** How the time of a node was spent, as a bar and in words. */
function Shares({ track, end, took }: { track: Track; end: number; took: number }) {
  const shares = sharesOf(track, end)
  const parts = KINDS.filter((kind) => shares[kind] > 0)
  if (parts.length === 0) return null
  return (
    <div className={classes.shares}>
      <div className={classes.bar} aria-hidden>
        {parts.map((kind) => (
          <span key={kind} data-kind={kind} style={{ flexGrow: shares[kind] }} />
        ))}
      </div>
      <ul aria-label={t.shares}>
        {parts.map((kind) => (
          <li key={kind}>
            <span className={classes.swatch} data-kind={kind} aria-hidden />
            {formatDuration(shares[kind])} {t.share[kind]}
            {took > 0 ? ` (${Math.round((100 * shares[kind]) / took)} %)` : ''}
          </li>
        ))}
      </ul>
    </div>
  )
}

function Critical({ node, document, tracks }: WhyProps) {
  const on = useMemo(
    () => (document ? criticalPath(parseEdges(document.edges), tracks).includes(node) : null),
    [document, tracks, node],
  )
  return on === null ? null : <p>{on ? t.critical : t.notCritical}</p>
}

import { ActionIcon } from '@mantine/core'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { executionQuery } from '~/api/executions'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { shortId } from '~/ui/format'
import { StatusBadge } from '~/ui/StatusBadge'
import { Duration } from '~/ui/Time'
import classes from './CalledRuns.module.css'
import { type Call, callsOf, rolledUp } from './calledRuns'
import { isEnded } from './fold'

const t = words.calledRuns
/** A run that calls another for each of a thousand rows does so within a loop, which has its items. */
const MOST = 100
const DEEPEST = 8
const REFRESH = 2_000

interface Line extends Call {
  depth: number
  run: Execution | undefined
  calls: Call[]
  below: Execution[]
}

/** The tree of all runs that a run called, with a status for each that holds for what it called too. */
export function CalledRuns({ execution }: { execution: Execution }) {
  const [ids, setIds] = useState<readonly string[]>([])
  const top = callsOf(execution)
  const wanted = [...new Set([...top.map((call) => call.execution), ...ids])].slice(0, MOST)
  const found = useQueries({
    queries: wanted.map((id) => ({
      ...executionQuery(id),
      // They are followed by nobody here: those that go on are asked for again.
      refetchInterval: (query: { state: { data?: Execution | undefined } }) =>
        query.state.data && isEnded(query.state.data.status) ? (false as const) : REFRESH,
    })),
    combine: (results) => ({
      runs: results.flatMap((result) => result.data ?? []),
      error: results.find((result) => result.error)?.error ?? null,
    }),
  })
  const runs = new Map(found.runs.map((run) => [run.id, run]))
  const deeper = [...runs.values()].flatMap((run) => callsOf(run).map((call) => call.execution))
  const missing = deeper.filter((id) => !wanted.includes(id)).join(' ')
  useEffect(() => {
    if (missing !== '') setIds((old) => [...new Set([...old, ...missing.split(' ')])].slice(0, MOST))
  }, [missing])
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  const lines = top.flatMap((call) => linesOf(call, runs, 0, folded))
  return (
    <div className={classes.frame}>
      {found.error ? <ErrorNote title={t.failed} error={found.error} /> : null}
      <div role="treegrid" aria-label={t.label} className={classes.tree}>
        {lines.map((line) => (
          <CalledRow
            key={`${line.node} ${line.execution}`}
            line={line}
            folded={folded.has(line.execution)}
            onFold={() => setFolded((old) => toggled(old, line.execution))}
          />
        ))}
      </div>
      {wanted.length === MOST ? <p className={classes.quiet}>{t.most(MOST)}</p> : null}
    </div>
  )
}

function linesOf(
  call: Call,
  runs: ReadonlyMap<string, Execution>,
  depth: number,
  folded: ReadonlySet<string>,
): Line[] {
  const run = runs.get(call.execution)
  const calls = run && depth < DEEPEST ? callsOf(run) : []
  const lines = calls.flatMap((inner) => linesOf(inner, runs, depth + 1, new Set()))
  const below = lines.flatMap((line) => line.run ?? [])
  const line = { ...call, depth, run, calls, below }
  if (folded.has(call.execution)) return [line]
  return [line, ...calls.flatMap((inner) => linesOf(inner, runs, depth + 1, folded))]
}

function toggled(set: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(set)
  if (!next.delete(key)) next.add(key)
  return next
}

function CalledRow({ line, folded, onFold }: { line: Line; folded: boolean; onFold: () => void }) {
  const { node, execution, depth, run, calls, below } = line
  const status = run ? rolledUp([run.status, ...below.map((one) => one.status)]) : null
  const Chevron = folded ? IconChevronRight : IconChevronDown
  return (
    <div
      role="row"
      aria-level={depth + 1}
      aria-expanded={calls.length > 0 ? !folded : undefined}
      className={classes.row}
    >
      <span role="gridcell" className={classes.name} style={{ paddingLeft: depth * 20 }}>
        {calls.length > 0 ? (
          <ActionIcon size={20} aria-label={t.expand(run?.workflow ?? shortId(execution))} onClick={onFold}>
            <Chevron size={14} />
          </ActionIcon>
        ) : (
          <span className={classes.leaf} />
        )}
        <Link to="/runs/$id" params={{ id: execution }}>
          {run ? run.workflow : shortId(execution)}
        </Link>
        {run ? <span className={classes.quiet}>v{run.version}</span> : null}
      </span>
      <span role="gridcell" className={classes.quiet}>
        {t.by(node)}
      </span>
      <span role="gridcell" title={below.length > 0 ? t.rollUp : undefined}>
        {status ? <StatusBadge status={status} /> : null}
      </span>
      <span role="gridcell">{run ? <Duration start={run.started_at} end={run.ended_at} /> : null}</span>
      <span role="gridcell" className={classes.error}>
        {run?.error?.message}
      </span>
    </div>
  )
}

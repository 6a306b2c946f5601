import { useDebouncedValue } from '@mantine/hooks'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { fetchLogs, logFileUrl } from '~/api/logs'
import type { Execution } from '~/api/types'
import { words } from '~/i18n'
import { ErrorNote } from '~/ui/ErrorNote'
import { formatCount } from '~/ui/format'
import { plainText } from './ansi'
import { isEnded } from './fold'
import { LogRowView } from './LogRowView'
import { type LogSettings, LogTools, useLogSettings } from './LogTools'
import classes from './LogView.module.css'
import { logRows, matcherOf } from './logRows'
import { timeOf } from './moments'
import { KEPT, useLogs } from './useLogs'

const t = words.runs
const ROW_HEIGHT = 22
/** Fewer than so many lines on show, and earlier ones are looked through too. */
const ENOUGH = 100

export interface LogViewProps {
  execution: Execution
  /** Only this node's lines. */
  node?: string
  /** Nodes to choose from, by their ids in the log. */
  nodes?: readonly { id: string; title: string }[]
  /** Of an item of a loop: the log of its part has the lines of others too. */
  only?: ReadonlySet<string> | undefined
  /** Nothing that was written after this moment (ms). */
  until?: number | null
  /** The line that a link leads to. */
  line?: number | undefined
  /** Where the link to a line leads. */
  linkTo?: ((line: number) => string) | undefined
}

/** What the server looks for, and what is looked for among the lines that are in the page. */
function filterOf({ node, attempt, level, text, regex }: LogSettings, only: LogViewProps['node']) {
  return {
    node: only ?? node ?? undefined,
    attempt: attempt ?? undefined,
    minLevel: level ?? undefined,
    text: regex ? undefined : text,
  }
}

/** Log lines of a run or a node, the newest first to be there, following the end while it runs. Fills its parent. */
export function LogView({ execution, node, nodes, only, until = null, line, linkTo }: LogViewProps) {
  const [settings, set] = useLogSettings()
  const [text] = useDebouncedValue(settings.text, 250)
  const live = !isEnded(execution.status) && until === null
  const filter = filterOf({ ...settings, text }, node)
  const { log, loading, error, settling, older, fill, around } = useLogs(execution.id, filter, live)
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  const [marked, setMarked] = useState<number | null>(line ?? null)
  const [noError, setNoError] = useState(false)
  const matcher = useMemo(() => matcherOf(text, settings.regex), [text, settings.regex])
  const rows = useMemo(() => {
    const matches = matcher ?? (() => true)
    return logRows(log, {
      matches: (one) =>
        (only === undefined || only.has(one.node)) &&
        (until === null || timeOf(one.at) <= until) &&
        matches(plainText(one.text)),
      grouped: settings.grouped,
      folded,
    })
  }, [log, matcher, only, until, settings.grouped, folded])
  const count = rows.filter((row) => row.kind === 'line').length
  const scroll = useRef<HTMLDivElement>(null)
  const keyOf = useCallback((index: number) => rows[index]?.key ?? index, [rows])
  const lines = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: keyOf,
    overscan: 20,
  })

  const goTo = useCallback(
    async (n: number) => {
      set({ follow: false })
      setMarked(n)
      await around(n)
    },
    [around, set],
  )
  // A link leads to its line once; what is chosen afterwards stays.
  const arrived = useRef<number | null>(null)
  useEffect(() => {
    if (line === undefined || loading || arrived.current === line) return
    arrived.current = line
    void goTo(line)
  }, [line, loading, goTo])
  const at = marked === null ? -1 : rows.findIndex((row) => row.kind === 'line' && row.line.n === marked)
  useEffect(() => {
    if (at >= 0) lines.scrollToIndex(at, { align: 'center' })
  }, [at, lines])

  // The end is what matters of a log that is too long to be read from its start, or that goes on.
  const follows = live && settings.follow
  const placed = useRef(false)
  useEffect(() => {
    if (rows.length === 0 || marked !== null) return
    if (follows || (!placed.current && !log.whole)) lines.scrollToIndex(rows.length - 1, { align: 'end' })
    placed.current = true
  }, [follows, rows.length, log.whole, marked, lines])
  usePrepended(rows[0]?.key, rows, scroll)

  const more = !log.whole && log.lines.length > 0 && log.lines.length < KEPT
  useEffect(() => {
    if (!loading && !error && more && count < ENOUGH) older()
  }, [loading, error, more, count, older])

  const firstError = async () => {
    const page = await fetchLogs(execution.id, {
      ...filter,
      text: undefined,
      minLevel: 'error',
      after: 0,
      limit: 1,
    })
    const [first] = page.items
    setNoError(!first)
    if (first) await goTo(first.n)
  }

  return (
    <div className={classes.frame}>
      <LogTools
        settings={settings}
        onSettings={set}
        badRegex={matcher === null}
        live={live}
        nodes={node === undefined ? nodes : undefined}
        attempts={attemptsOf(log.lines)}
        onFirstError={() => void firstError()}
        noError={noError}
        download={logFileUrl(execution.id, { ...filter, text })}
        count={count}
      />
      {error ? <ErrorNote title={t.logsFailed} error={error} /> : null}
      <div
        ref={scroll}
        className={classes.scroll}
        data-wrap={settings.wrap || undefined}
        tabIndex={0}
        role="log"
        aria-label={t.logs}
        onWheel={(event) => event.deltaY < 0 && settings.follow && set({ follow: false })}
        onScroll={(event) => event.currentTarget.scrollTop < 200 && more && !loading && older()}
      >
        {more && count > 0 ? <p className={classes.edge}>{t.logsOlder} …</p> : null}
        {!log.whole && log.lines.length >= KEPT ? (
          <p className={classes.edge}>{t.logsLimit(formatCount(KEPT))}</p>
        ) : null}
        {!loading && !error && !more && count === 0 ? (
          <p className={classes.empty}>
            {log.lines.length === 0 && text === '' ? t.logsEmpty : t.logsNoMatch}
          </p>
        ) : null}
        <div className={classes.body} style={{ height: lines.getTotalSize() }}>
          {lines.getVirtualItems().map(({ index, start, key }) => {
            const row = rows[index]
            if (!row) return null
            return (
              <div
                key={key}
                ref={lines.measureElement}
                data-index={index}
                className={classes.place}
                style={{ transform: `translateY(${start}px)` }}
              >
                <LogRowView
                  row={row}
                  origin={settings.relative ? (execution.started_at ?? execution.created_at) : null}
                  showNode={node === undefined && !settings.grouped}
                  marked={row.kind === 'line' && row.line.n === marked}
                  linkTo={linkTo}
                  onFill={fill}
                  onFold={(group) => setFolded((old) => toggled(old, group))}
                />
              </div>
            )
          })}
        </div>
        {count > 0 && until === null && !live ? (
          <p className={classes.edge}>{settling ? t.logsSettling : t.logsEnd}</p>
        ) : null}
      </div>
    </div>
  )
}

function toggled(set: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(set)
  if (!next.delete(key)) next.add(key)
  return next
}

const attemptsOf = (lines: readonly { attempt: number }[]): number =>
  lines.reduce((most, { attempt }) => Math.max(most, attempt), 1)

/** What is looked at stays in its place when earlier lines come in above it. */
function usePrepended(
  first: string | undefined,
  rows: readonly { key: string }[],
  scroll: React.RefObject<HTMLElement | null>,
): void {
  const before = useRef(first)
  useLayoutEffect(() => {
    const old = before.current
    before.current = first
    if (old === undefined || old === first || !scroll.current) return
    const added = rows.findIndex((row) => row.key === old)
    if (added > 0) scroll.current.scrollTop += added * ROW_HEIGHT
  }, [first, rows, scroll])
}

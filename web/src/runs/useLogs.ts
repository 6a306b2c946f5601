import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { fetchLogs, LOG_PAGE, type LogFilter } from '~/api/logs'
import { EMPTY_LOG, indexOfLine, type LogWindow, trimmed, withLines, withoutHole } from './logWindow'

/** How often the log is asked for while the run goes on. Lines are not on the stream. */
const INTERVAL = 1500
/** Lines kept in the page; older ones fall off. */
export const KEPT = 20_000
/** After so many full pages the newest lines are shown, with a gap before them. */
const PATIENCE = 3
const AROUND = 200

export interface Logs {
  log: LogWindow
  loading: boolean
  error: Error | null
  /** The run has ended, and what was still on its way may not be there yet. */
  settling: boolean
  older: () => void
  fill: (after: number) => void
  /** Have the lines around a line. */
  around: (n: number) => Promise<void>
}

const NEWEST = Number.MAX_SAFE_INTEGER

/** The log of a run or one of its nodes: its end first, what was before it when asked, and what comes while `live`. */
export function useLogs(execution: string, filter: LogFilter, live: boolean): Logs {
  const { node, attempt, minLevel, text } = filter
  const wanted = useMemo(() => ({ node, attempt, minLevel, text }), [node, attempt, minLevel, text])
  const [log, setLog] = useState(EMPTY_LOG)
  const [state, setState] = useState<{ loading: boolean; error: Error | null }>({
    loading: true,
    error: null,
  })
  const [settling, setSettling] = useState(true)
  const next = useRef(0)
  const stop = useRef(new AbortController())
  const busy = useRef(false)

  /** One thing after the other; what was asked for another filter is forgotten. */
  const attemptTo = useCallback(async (work: (signal: AbortSignal) => Promise<void>): Promise<void> => {
    const { signal } = stop.current
    if (busy.current) return
    busy.current = true
    try {
      await work(signal)
      if (!signal.aborted) setState({ loading: false, error: null })
    } catch (error) {
      if (signal.aborted) return
      setState({ loading: false, error: error instanceof Error ? error : new Error(String(error)) })
    } finally {
      if (!signal.aborted) busy.current = false
    }
  }, [])

  const tail = useCallback(
    async (signal: AbortSignal) => {
      const page = await fetchLogs(execution, { ...wanted, before: NEWEST }, signal)
      if (signal.aborted) return
      next.current = Math.max(next.current, page.items.at(-1)?.n ?? 0)
      setLog((old) => {
        const known = withLines(old, page.items)
        return { ...known, whole: known.whole || page.before === null }
      })
    },
    [execution, wanted],
  )

  const newer = useCallback(
    async (signal: AbortSignal) => {
      for (let pages = 0; pages < PATIENCE; pages += 1) {
        const page = await fetchLogs(execution, { ...wanted, after: next.current }, signal)
        if (signal.aborted) return
        next.current = Math.max(next.current, page.items.at(-1)?.n ?? 0)
        if (page.items.length > 0) {
          setLog((old) => trimmed(withLines(old, page.items, { before: true }), KEPT))
        }
        if (page.items.length < LOG_PAGE) return
      }
      await tail(signal)
    },
    [execution, wanted, tail],
  )

  useEffect(() => {
    const controller = new AbortController()
    stop.current = controller
    busy.current = false
    next.current = 0
    setLog(EMPTY_LOG)
    setState({ loading: true, error: null })
    void attemptTo(tail)
    return () => controller.abort()
  }, [attemptTo, tail])

  useEffect(() => {
    if (live) {
      setSettling(true)
      const timer = setInterval(() => void attemptTo(newer), INTERVAL)
      return () => clearInterval(timer)
    }
    // Twice more after the end: the last lines may be written after the last event.
    let turns = 0
    const timer = setInterval(() => {
      turns += 1
      void attemptTo(newer)
      if (turns < 2) return
      clearInterval(timer)
      setSettling(false)
    }, INTERVAL)
    return () => clearInterval(timer)
  }, [live, attemptTo, newer])

  const latest = useRef(log)
  latest.current = log

  const older = useCallback(() => {
    const first = latest.current.lines[0]
    if (!first || latest.current.whole || latest.current.lines.length >= KEPT) return
    void attemptTo(async (signal) => {
      const page = await fetchLogs(execution, { ...wanted, before: first.n }, signal)
      if (signal.aborted) return
      setLog((old) => ({
        ...withLines(old, page.items, { after: true }),
        whole: page.before === null || page.items.length === 0,
      }))
    })
  }, [attemptTo, execution, wanted])

  const fill = useCallback(
    (after: number) => {
      void attemptTo(async (signal) => {
        const page = await fetchLogs(execution, { ...wanted, after }, signal)
        if (signal.aborted) return
        const full = page.items.length === LOG_PAGE
        setLog((old) => {
          const closed = withoutHole(old, after)
          return full
            ? withLines(closed, page.items, { before: true })
            : withLines(closed, page.items, { before: true, after: true })
        })
      })
    },
    [attemptTo, execution, wanted],
  )

  const around = useCallback(
    async (n: number) => {
      const { lines } = latest.current
      if (lines[indexOfLine(lines, n)]?.n === n) return
      const { signal } = stop.current
      const [before, after] = await Promise.all([
        fetchLogs(execution, { ...wanted, before: n + 1, limit: AROUND }, signal),
        fetchLogs(execution, { ...wanted, after: n, limit: AROUND }, signal),
      ])
      if (signal.aborted) return
      setLog((old) => {
        const known = withLines(old, [...before.items, ...after.items], {
          after: after.items.length < AROUND,
        })
        return { ...known, whole: known.whole || before.before === null }
      })
    },
    [execution, wanted],
  )

  return { log, ...state, settling: live || settling, older, fill, around }
}

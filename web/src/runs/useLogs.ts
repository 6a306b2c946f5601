import { useCallback, useEffect, useRef, useState } from 'react'
import { fetchLogs, type LogFilter } from '~/api/executions'
import type { LogLine } from '~/api/types'

/** How often the log is asked for while the run goes on. Lines are not on the stream. */
const INTERVAL = 1500
/** Lines kept in the page; older ones fall off. */
const KEPT = 20_000

interface Logs {
  lines: LogLine[]
  loading: boolean
  error: Error | null
}

const EMPTY: Logs = { lines: [], loading: true, error: null }

/** The log lines of a run or one of its nodes, growing while `live`. */
export function useLogs(execution: string, filter: LogFilter, live: boolean) {
  const { node } = filter
  const [logs, setLogs] = useState<Logs>(EMPTY)
  const next = useRef(0)

  const more = useCallback(
    async (signal: AbortSignal): Promise<void> => {
      try {
        for (;;) {
          const page = await fetchLogs(execution, next.current, { node }, signal)
          if (signal.aborted) return
          const grew = page.items.length > 0 && page.next > next.current
          next.current = Math.max(next.current, page.next)
          setLogs((now) => ({
            lines: grew ? [...now.lines, ...page.items].slice(-KEPT) : now.lines,
            loading: false,
            error: null,
          }))
          if (!grew) return
        }
      } catch (error) {
        if (signal.aborted) return
        setLogs((now) => ({
          ...now,
          loading: false,
          error: error instanceof Error ? error : new Error(String(error)),
        }))
      }
    },
    [execution, node],
  )

  useEffect(() => {
    const stop = new AbortController()
    next.current = 0
    setLogs(EMPTY)
    void more(stop.signal)
    return () => stop.abort()
  }, [more])

  useEffect(() => {
    const stop = new AbortController()
    // Once more after the end: the last lines may be written after the last event.
    const timer = live
      ? setInterval(() => void more(stop.signal), INTERVAL)
      : setTimeout(() => void more(stop.signal), INTERVAL)
    return () => {
      stop.abort()
      clearInterval(timer)
    }
  }, [live, more])

  return logs
}

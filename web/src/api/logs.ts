import { client, take } from './client'

export const LOG_PAGE = 1_000

export interface LogFilter {
  node?: string | undefined
  attempt?: number | undefined
  /** This level and what is worse. */
  minLevel?: 'debug' | 'info' | 'warning' | 'error' | undefined
  /** Only lines with this text, in any case. */
  text?: string | undefined
}

interface LogRequest extends LogFilter {
  after?: number
  /** The last lines before this one, in place of those after another. */
  before?: number
  limit?: number
}

const queryOf = ({ node, attempt, minLevel, text }: LogFilter) => ({
  node,
  attempt,
  min_level: minLevel,
  q: text || undefined,
})

/** Lines of the log of a run, in order. */
export const fetchLogs = (
  id: string,
  { after, before, limit = LOG_PAGE, ...filter }: LogRequest,
  signal?: AbortSignal,
) =>
  take(
    client.GET('/api/v1/executions/{execution_id}/logs', {
      params: { path: { execution_id: id }, query: { ...queryOf(filter), after, before, limit } },
      signal,
    }),
  )

/** Where the whole log is to be had as a text file. */
export function logFileUrl(id: string, filter: LogFilter): string {
  const query = new URLSearchParams({ format: 'text' })
  for (const [key, value] of Object.entries(queryOf(filter))) {
    if (value !== undefined) query.set(key, String(value))
  }
  return `/api/v1/executions/${encodeURIComponent(id)}/logs?${query}`
}

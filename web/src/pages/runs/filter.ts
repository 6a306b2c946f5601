import type { ExecutionFilter } from '~/api/executions'
import { PRESETS, type Preset } from '~/api/timeRange'
import type { ExecutionStatus, ExecutionSummary } from '~/api/types'
import { elapsed } from '~/ui/format'

export const EXECUTION_STATUSES: readonly ExecutionStatus[] = [
  'queued',
  'running',
  'waiting',
  'paused',
  'succeeded',
  'failed',
  'cancelled',
  'interrupted',
]

/** The filters of the runs as the address has them. */
export interface RunsSearch {
  workflow?: string
  /** With commas between. */
  status?: string
  /** Id of the backfill that started them. */
  backfill?: string
  /** Only those that another run called, or only the others. */
  called?: boolean
  version?: number
  trigger?: string
  error?: string
  /** Seconds that they took. */
  min?: number
  max?: number
  last?: Preset
  since?: string
  until?: string
}

type Raw = Record<string, unknown>
const MAX_VERSION = 2 ** 31 - 1
const MAX_SECONDS = 1e9

const text = (value: unknown): string | undefined =>
  typeof value === 'number' || typeof value === 'string'
    ? String(value).slice(0, 200) || undefined
    : undefined

const number = (value: unknown, least: number, most: number): number | undefined => {
  const found = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value)
  return Number.isFinite(found) && found >= least && found <= most && typeof value !== 'boolean'
    ? found
    : undefined
}

const moment = (value: unknown): string | undefined => {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? undefined : new Date(at).toISOString()
}

const statusesIn = (value: unknown): ExecutionStatus[] => {
  const named = (Array.isArray(value) ? value : String(value ?? '').split(',')).map(String)
  return EXECUTION_STATUSES.filter((known) => named.includes(known))
}

/** Read defensively: a hand-edited address never breaks the page, and a range that holds nothing is none. */
export function parseRunsSearch(raw: Raw): RunsSearch {
  const last = PRESETS.find((known) => known === raw.last)
  const version = number(raw.version, 1, MAX_VERSION)
  const min = number(raw.min, 0, MAX_SECONDS)
  const max = number(raw.max, 0, MAX_SECONDS)
  const since = last ? undefined : moment(raw.since)
  const until = last ? undefined : moment(raw.until)
  return {
    workflow: text(raw.workflow),
    status: statusesIn(raw.status).join(',') || undefined,
    backfill: text(raw.backfill),
    called: typeof raw.called === 'boolean' ? raw.called : undefined,
    version: version === undefined ? undefined : Math.floor(version),
    trigger: text(raw.trigger),
    error: text(raw.error),
    min,
    max: max !== undefined && min !== undefined && max < min ? undefined : max,
    last,
    since,
    until: until && since && until <= since ? undefined : until,
  }
}

export const statusesOf = ({ status }: RunsSearch): ExecutionStatus[] => statusesIn(status)

/** As the API has them. */
export function filterOf({ status, min, max, ...same }: RunsSearch): ExecutionFilter {
  const statuses = statusesIn(status)
  return {
    ...same,
    status: statuses.length > 0 ? statuses : undefined,
    min_seconds: min,
    max_seconds: max,
  }
}

export const isFiltered = (search: RunsSearch): boolean =>
  Object.values(search).some((value) => value !== undefined)

/** Whether a run is one of those that the filter lets through; from when on does not matter, what changes now is later. */
export function letsThrough(search: RunsSearch, run: ExecutionSummary, now: number): boolean {
  const { workflow, backfill, called, version, trigger, error, min, max, until } = search
  const statuses = statusesIn(search.status)
  const took = elapsed(run.started_at, run.ended_at, now)
  const within = (at: number) =>
    (min === undefined || at >= min * 1000) && (max === undefined || at <= max * 1000)
  const failure = run.error ? `${run.error.code} ${run.error.message}`.toLowerCase() : null
  return (
    (!workflow || run.workflow === workflow) &&
    (statuses.length === 0 || statuses.includes(run.status)) &&
    (!backfill || run.trigger.backfill === backfill) &&
    (called === undefined || (run.parent !== null) === called) &&
    (version === undefined || run.version === version) &&
    (!trigger || run.trigger.type === trigger) &&
    (!error || failure?.includes(error.toLowerCase()) === true) &&
    ((min === undefined && max === undefined) || (took !== null && within(took))) &&
    (!until || Date.parse(run.created_at) < Date.parse(until))
  )
}

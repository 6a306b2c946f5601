import type { LogLine } from '~/api/types'
import type { LogWindow } from './logWindow'

export type LogRow =
  | { kind: 'line'; key: string; line: LogLine }
  | { kind: 'gap'; key: string; after: number }
  | {
      kind: 'group'
      key: string
      node: string
      attempt: number
      count: number
      worst: string
      folded: boolean
    }

export const LEVELS = ['debug', 'info', 'warning', 'error'] as const
export type LogLevel = (typeof LEVELS)[number]

/** 0 for debug to 3 for error and what is worse; what is not known counts as info. */
export function severity(level: string): number {
  const known = level.toLowerCase()
  if (known === 'critical' || known === 'fatal') return 3
  const at = (LEVELS as readonly string[]).indexOf(known)
  return at < 0 ? 1 : at
}

/** A search in log lines: text in any case, or a regular expression; null when that cannot be read. */
export function matcherOf(text: string, regex: boolean): ((line: string) => boolean) | null {
  if (text === '') return () => true
  if (!regex) {
    const wanted = text.toLowerCase()
    return (line) => line.toLowerCase().includes(wanted)
  }
  try {
    const pattern = new RegExp(text, 'i')
    return (line) => pattern.test(line)
  } catch {
    return null
  }
}

interface RowOptions {
  matches: (line: LogLine) => boolean
  grouped: boolean
  folded: ReadonlySet<string>
}

const groupKey = ({ node, attempt }: LogLine): string => `${node} ${attempt}`

/** What the list shows: lines in order with marks where some are missing, or by node and attempt. */
export function logRows({ lines, holes }: LogWindow, { matches, grouped, folded }: RowOptions): LogRow[] {
  if (grouped) return groupedRows(lines.filter(matches), folded)
  const rows: LogRow[] = []
  for (const line of lines) {
    if (matches(line)) rows.push({ kind: 'line', key: `l${line.n}`, line })
    if (holes.has(line.n)) rows.push({ kind: 'gap', key: `g${line.n}`, after: line.n })
  }
  return rows
}

function groupedRows(lines: readonly LogLine[], folded: ReadonlySet<string>): LogRow[] {
  const groups = new Map<string, LogLine[]>()
  for (const line of lines) {
    const key = groupKey(line)
    const group = groups.get(key)
    if (group) group.push(line)
    else groups.set(key, [line])
  }
  return [...groups].flatMap(([key, group]): LogRow[] => {
    const [first] = group
    if (!first) return []
    const worst = group.reduce(
      (max, line) => (severity(line.level) > severity(max) ? line.level : max),
      'debug',
    )
    const closed = folded.has(key)
    const head: LogRow = {
      kind: 'group',
      key,
      node: first.node,
      attempt: first.attempt,
      count: group.length,
      worst: worst.toLowerCase(),
      folded: closed,
    }
    return closed
      ? [head]
      : [head, ...group.map((line): LogRow => ({ kind: 'line', key: `l${line.n}`, line }))]
  })
}

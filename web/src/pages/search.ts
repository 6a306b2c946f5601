import { APPROVAL_FILTERS, type ApprovalFilter } from '~/api/approvals'

/** What the URL holds for each page, read defensively: a hand-edited URL never breaks a page. */

type Raw = Record<string, unknown>

export interface EditorSearch {
  node?: string
  run?: string
  panel?: string
  /** The version that the draft is shown beside. */
  compare?: number
}

export interface RunSearch {
  /** Which item of which loop: `each.3`. */
  in?: string
  node?: string
  tab?: string
  /** Which view of the run is open below its graph. */
  view?: string
  /** Number of the event after which the run is shown, in place of now. */
  at?: number
  /** Number of a log line to go to. */
  line?: number
}

export interface CompareSearch {
  with?: string
  node?: string
  view?: string
}

export interface ApprovalsSearch {
  status?: ApprovalFilter
  id?: string
}

export interface LoginSearch {
  next?: string
}

export interface TriggersSearch {
  workflow?: string
  view?: 'backfills'
  /** The one that is looked at: `workflow/trigger`. */
  open?: string
}

export interface NodesSearch {
  type?: string
  q?: string
}

function pick<K extends string>(raw: Raw, ...keys: K[]): Partial<Record<K, string>> {
  const found: Partial<Record<K, string>> = {}
  for (const key of keys) {
    const value = raw[key]
    if (typeof value === 'string' && value !== '') found[key] = value
    else if (typeof value === 'number') found[key] = String(value)
  }
  return found
}

const count = (value: unknown): number | undefined => {
  const number = Number(value)
  return Number.isSafeInteger(number) && number > 0 ? number : undefined
}

export const parseEditorSearch = (raw: Raw): EditorSearch => ({
  ...pick(raw, 'node', 'run', 'panel'),
  compare: count(raw.compare),
})
export const parseRunSearch = (raw: Raw): RunSearch => ({
  ...pick(raw, 'node', 'tab', 'in', 'view'),
  at: count(raw.at),
  line: count(raw.line),
})
export const parseCompareSearch = (raw: Raw): CompareSearch => pick(raw, 'with', 'node', 'view')
export function parseApprovalsSearch(raw: Raw): ApprovalsSearch {
  const { status, id } = pick(raw, 'status', 'id')
  return { status: APPROVAL_FILTERS.find((known) => known === status), id }
}
export const parseLoginSearch = (raw: Raw): LoginSearch => pick(raw, 'next')
export function parseTriggersSearch(raw: Raw): TriggersSearch {
  const { workflow, view, open } = pick(raw, 'workflow', 'view', 'open')
  return { workflow, view: view === 'backfills' ? view : undefined, open }
}
export const parseNodesSearch = (raw: Raw): NodesSearch => pick(raw, 'type', 'q')

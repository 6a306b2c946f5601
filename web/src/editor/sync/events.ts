/** What the server tells of drafts, in the terms of a session. */

import type { DraftConflict, DraftOp, Person, RunEvent } from '~/api/types'
import type { Collision, Operation } from '~/model/ops'
import type { Batch } from './session'

export type DraftNotice =
  | { kind: 'batch'; batch: Batch }
  | { kind: 'version'; version: number; by: string }
  | { kind: 'presence'; people: Person[] }

/** An event of the topic `workflow:<name>`; null for what this client does not know. */
export function noticeOf({ kind, seq, data }: RunEvent): DraftNotice | null {
  const told = data as Record<string, unknown>
  switch (kind as string) {
    case 'draft.changed':
      return {
        kind: 'batch',
        batch: { revision: seq, client: String(told.client), ops: told.ops as Operation[] },
      }
    case 'version.saved':
      return { kind: 'version', version: Number(told.version), by: String(told.by) }
    case 'presence':
      return { kind: 'presence', people: told.people as Person[] }
    default:
      return null
  }
}

/** Operations as the server lists them, one a line, put together to the batches that they came in. */
export function batchesOf(lines: readonly DraftOp[]): Batch[] {
  const batches = new Map<number, { revision: number; client: string; ops: Operation[] }>()
  for (const { revision, client, op } of lines) {
    const batch = batches.get(revision) ?? { revision, client, ops: [] }
    batch.ops.push(op as Operation)
    batches.set(revision, batch)
  }
  return [...batches.values()].sort((left, right) => left.revision - right.revision)
}

export function collisionOf(told: DraftConflict): Collision {
  const change: Operation = { id: told.id, path: told.path }
  if ('before' in told) change.before = told.before as Operation['before']
  if ('mine' in told) change.after = told.mine as Operation['after']
  return 'theirs' in told ? { change, theirs: told.theirs as Operation['after'] } : { change }
}

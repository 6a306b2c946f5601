/**
 * The draft of one workflow in one tab: what the server has acknowledged, and what it has not yet been told.
 *
 * Every edit becomes operations, which wait in a queue until the server has acknowledged them: a lost connection, a
 * reload or another tab only make them wait longer. What others do arrives as operations too. The document that is
 * shown is the acknowledged one with the queue on top; what collides is kept on both sides until a person chooses.
 * Knows nothing of React, of timers that a test could not turn, or of how requests are sent.
 */

import { apply, type Collision, compact, diff, type Operation } from '~/model/ops'
import type { WorkflowDocument } from '~/model/workflow'

export interface Batch {
  revision: number
  client: string
  ops: readonly Operation[]
}

export interface Draft {
  document: WorkflowDocument
  revision: number
}

export interface Answer {
  revision: number
  /** Ids; also those of operations sent before. */
  applied: readonly string[]
  collisions: readonly Collision[]
  /** What others did since the revision that was sent. */
  others: readonly Batch[]
}

/** How the server is reached; whatever fails in a way that may pass throws `Unreachable`. */
export interface Wire {
  load(): Promise<Draft>
  send(revision: number, ops: readonly Operation[]): Promise<Answer>
  /** Batches after a revision, or null when they are not kept any more. */
  since(revision: number): Promise<readonly Batch[] | null>
}

export class Unreachable extends Error {}

export type SyncState =
  | { state: 'saved' }
  | { state: 'saving' }
  | { state: 'offline' }
  | { state: 'refused'; message: string }

/** What has to outlive the tab: enough to send it again. */
export interface Kept {
  queue: readonly Operation[]
  collisions: readonly Collision[]
}

interface Options {
  client: string
  draft: Draft
  wire: Wire
  kept?: Kept
  newId?: () => string
}

/** Operations of one request at most. */
const BATCH = 500

export class DraftSession {
  readonly client: string
  private readonly wire: Wire
  private readonly newId: () => string
  private acknowledged: WorkflowDocument
  private known: number
  private queue: Operation[]
  /** Ids of what was ever sent: the server may know them, so they are never joined with what follows. */
  private readonly attempted: Set<string>
  private flight: Promise<void> | null = null
  private catching: Promise<void> | null = null
  private shown: WorkflowDocument
  private collided: readonly Collision[]
  private condition: SyncState = { state: 'saved' }
  private readonly watchers = new Set<() => void>()

  constructor({ client, draft, wire, kept, newId = () => crypto.randomUUID() }: Options) {
    this.client = client
    this.wire = wire
    this.newId = newId
    this.acknowledged = draft.document
    this.known = draft.revision
    this.queue = [...(kept?.queue ?? [])]
    this.attempted = new Set(this.queue.map((one) => one.id))
    this.collided = kept?.collisions ?? []
    this.shown = this.withQueue()
  }

  /** The document as this tab sees it; another object whenever it is another. */
  get document(): WorkflowDocument {
    return this.shown
  }

  get revision(): number {
    return this.known
  }

  get state(): SyncState {
    return this.condition
  }

  /** Edits of here that stand against edits of others. */
  get collisions(): readonly Collision[] {
    return this.collided
  }

  get unsent(): number {
    return this.queue.length
  }

  get kept(): Kept {
    return { queue: this.queue, collisions: this.collided }
  }

  readonly watch = (run: () => void): (() => void) => {
    this.watchers.add(run)
    return () => this.watchers.delete(run)
  }

  /** The person has made this of the document; call `flush` soon. */
  edit(next: WorkflowDocument): void {
    const changes = diff(this.shown, next)
    this.shown = next
    if (changes.length === 0) return
    this.enqueue(changes.map((change) => ({ ...change, id: this.newId() })))
    this.notify()
  }

  /** What another tab left behind without having it acknowledged. */
  adopt({ queue, collisions }: Kept): void {
    for (const one of queue) this.attempted.add(one.id)
    this.queue = [...this.queue, ...queue]
    this.collided = onePerPlace([...this.collided, ...collisions])
    this.shown = this.withQueue()
    this.notify()
  }

  /** Send what waits, until nothing does. Never throws: how it went stands in `state`. */
  flush(): Promise<void> {
    this.flight ??= this.drain().finally(() => {
      this.flight = null
    })
    return this.flight
  }

  /** Told by the stream. */
  receive(batch: Batch): Promise<void> {
    if (batch.revision <= this.known) return Promise.resolve()
    if (batch.revision > this.known + 1) return this.catchUp()
    this.accept(batch)
    this.shown = this.withQueue()
    this.notify()
    return Promise.resolve()
  }

  /** Fetch what was missed. Never throws. */
  catchUp(): Promise<void> {
    this.catching ??= this.fetchMissed()
      .catch((error: unknown) => this.failed(error))
      .finally(() => {
        this.catching = null
      })
    return this.catching
  }

  /** Of two edits of one place, keep mine: it is made again on top of theirs. Or leave theirs. */
  resolve(id: string, keep: 'mine' | 'theirs'): void {
    const found = this.collided.find((one) => one.change.id === id)
    if (!found) return
    this.collided = this.collided.filter((one) => one !== found)
    if (keep === 'mine') {
      const { before: _, ...change } = found.change
      const theirs = 'theirs' in found ? { before: found.theirs } : {}
      this.enqueue([{ ...change, ...theirs, id: this.newId() } as Operation])
      this.shown = this.withQueue()
    }
    this.notify()
  }

  private enqueue(operations: readonly Operation[]): void {
    const last = this.queue.findLastIndex((one) => this.attempted.has(one.id))
    this.queue = [
      ...this.queue.slice(0, last + 1),
      ...compact([...this.queue.slice(last + 1), ...operations]),
    ]
  }

  private async drain(): Promise<void> {
    while (this.queue.length > 0) {
      const sent = this.queue.slice(0, BATCH)
      for (const one of sent) this.attempted.add(one.id)
      this.become({ state: 'saving' })
      try {
        await this.settle(sent, await this.wire.send(this.known, sent))
      } catch (error) {
        this.failed(error)
        return
      }
    }
    this.become({ state: 'saved' })
  }

  private async settle(sent: readonly Operation[], answer: Answer): Promise<void> {
    const applied = new Set(answer.applied)
    // The stream may have told of it before the answer came.
    const behind = answer.revision - this.known
    if (behind === 1 && answer.others.every((batch) => batch.revision <= this.known)) {
      const own = sent.filter((one) => applied.has(one.id))
      this.acknowledged = apply(this.acknowledged, own).document
      this.known = answer.revision
    } else if (behind > 0) await this.fetchMissed()
    const done = new Set([...applied, ...answer.collisions.map(({ change }) => change.id)])
    this.queue = this.queue.filter((one) => !done.has(one.id))
    this.collided = onePerPlace([...this.collided, ...answer.collisions])
    this.shown = this.withQueue()
    this.notify()
  }

  private accept(batch: Batch): void {
    // What the server has accepted fits: here stands what stood there.
    this.acknowledged = apply(this.acknowledged, batch.ops).document
    this.known = batch.revision
    const ids = new Set(batch.ops.map((one) => one.id))
    this.queue = this.queue.filter((one) => !ids.has(one.id))
  }

  private async fetchMissed(): Promise<void> {
    const missed = await this.wire.since(this.known)
    const next = missed?.find((batch) => batch.revision > this.known)
    if (missed && (next === undefined || next.revision === this.known + 1)) {
      for (const batch of missed) if (batch.revision === this.known + 1) this.accept(batch)
    } else {
      const draft = await this.wire.load()
      if (draft.revision >= this.known) {
        this.acknowledged = draft.document
        this.known = draft.revision
      }
    }
    this.shown = this.withQueue()
    this.notify()
  }

  /** The queue on top, as far as it fits: what does not is for the server to judge. */
  private withQueue(): WorkflowDocument {
    return apply(this.acknowledged, this.queue).document
  }

  private failed(error: unknown): void {
    if (error instanceof Unreachable) this.become({ state: 'offline' })
    else this.become({ state: 'refused', message: error instanceof Error ? error.message : String(error) })
  }

  private become(next: SyncState): void {
    this.condition = next
    this.notify()
  }

  private notify(): void {
    for (const run of this.watchers) run()
  }
}

/** What was typed into one place, letter by letter, is one edit: the last word of it stands against theirs. */
function onePerPlace(collisions: readonly Collision[]): readonly Collision[] {
  const places = new Map<string, Collision>()
  for (const one of collisions) {
    const first = places.get(one.change.path)
    if (!first) places.set(one.change.path, one)
    else {
      const { after: _, ...change } = first.change
      const last = 'after' in one.change ? { after: one.change.after } : {}
      places.set(one.change.path, { ...one, change: { ...change, ...last } })
    }
  }
  return [...places.values()]
}

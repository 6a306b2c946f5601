/** A draft server in memory with the rules of the real one, and a network that can be cut; for tests. */

import { apply, type Collision, type Operation } from '~/model/ops'
import type { WorkflowDocument } from '~/model/workflow'
import { type Answer, type Batch, type Draft, Unreachable, type Wire } from './session'

export class FakeDraftServer {
  revision = 0
  batches: Batch[] = []
  /** Ids of the operations that were accepted. */
  readonly seen = new Set<string>()

  constructor(public document: WorkflowDocument) {}

  draft(): Draft {
    return { document: this.document, revision: this.revision }
  }

  patch(client: string, since: number, ops: readonly Operation[]): Answer {
    const others = this.batches.filter((batch) => batch.revision > since)
    const collisions: Collision[] = []
    const made: Operation[] = []
    const applied: string[] = []
    for (const one of ops) {
      if (!this.seen.has(one.id)) {
        const { document, collisions: refused } = apply(this.document, [one])
        if (refused[0]) {
          collisions.push(refused[0])
          continue
        }
        if (document !== this.document) made.push(one)
        this.document = document
        this.seen.add(one.id)
      }
      applied.push(one.id)
    }
    if (made.length > 0) {
      this.revision += 1
      this.batches.push({ revision: this.revision, client, ops: made })
    }
    return { revision: this.revision, applied, collisions, others: others.filter((b) => b.client !== client) }
  }
}

/** One client's way to it. */
export class FakeWire implements Wire {
  /** What goes wrong with the next request: it never arrives, or its answer is lost. */
  trouble: 'request' | 'answer' | null = null

  constructor(
    private readonly server: FakeDraftServer,
    private readonly client: string,
  ) {}

  load = () => this.ask(() => this.server.draft())
  send = (revision: number, ops: readonly Operation[]) =>
    this.ask(() => this.server.patch(this.client, revision, ops))
  since = (revision: number): Promise<readonly Batch[] | null> =>
    this.ask(() => this.server.batches.filter((batch) => batch.revision > revision))

  private async ask<T>(work: () => T): Promise<T> {
    await Promise.resolve()
    const { trouble } = this
    this.trouble = null
    if (trouble === 'request') throw new Unreachable('cut')
    const answer = structuredClone(work())
    await Promise.resolve()
    if (trouble === 'answer') throw new Unreachable('cut')
    return answer
  }
}

/**
 * The drafts that this page has opened; each goes on sending while the person is elsewhere on the page.
 *
 * Keeps what is not acknowledged in the browser, tries again with a growing pause while the server is away, and follows
 * what others do while an editor is open.
 */

import { fetchDraft, rebaseDraft } from '~/api/drafts'
import type { Draft as StoredDraft } from '~/api/types'
import { sameJson } from '~/model/json'
import type { WorkflowDocument } from '~/model/workflow'
import { backoff } from '~/runs/backoff'
import { stream } from '~/runs/browserStream'
import type { StreamSink } from '~/runs/stream'
import { type DraftNotice, noticeOf } from './events'
import { dropOrphans, keep, stayAlive, takeOrphans } from './keeping'
import { DraftSession, type Kept } from './session'
import { draftOf, restWire } from './wire'

/** How long the person may go on typing before it is sent. */
const QUIET_MS = 250

/** Where a draft stands among the versions. */
export interface DraftFacts {
  base: number
  newest: number
  published: number | null
}

export class LiveDraft {
  readonly session: DraftSession
  private timer: ReturnType<typeof setTimeout> | undefined
  private failures = 0
  private keptWell = true
  private current: DraftFacts
  private readonly factWatchers = new Set<() => void>()

  constructor(
    readonly workflow: string,
    draft: StoredDraft,
    kept: Kept,
  ) {
    const client = crypto.randomUUID()
    this.current = factsOf(draft)
    const wire = restWire(workflow, client, (loaded) => this.note(loaded))
    this.session = new DraftSession({
      client,
      wire,
      kept,
      draft: draftOf(draft),
    })
    stayAlive(client)
    this.session.watch(() => {
      this.keptWell = keep(workflow, client, this.session.kept)
    })
    this.keptWell = keep(workflow, client, kept)
    window.addEventListener('online', () => this.again())
    window.addEventListener('beforeunload', (event) => {
      // What waits is kept in the browser; only where it cannot be, leaving would lose it.
      if (this.session.unsent > 0 && !this.keptWell) event.preventDefault()
    })
    if (this.session.unsent > 0) this.again()
  }

  get facts(): DraftFacts {
    return this.current
  }

  readonly watchFacts = (run: () => void): (() => void) => {
    this.factWatchers.add(run)
    return () => this.factWatchers.delete(run)
  }

  note(draft: StoredDraft): void {
    const facts = factsOf(draft)
    if (sameJson(facts, this.current)) return
    this.current = facts
    for (const run of this.factWatchers) run()
  }

  /** Read again where it stands among the versions; what cannot be read now is read with the next one. */
  private async refresh(): Promise<void> {
    await fetchDraft(this.workflow).then(
      (draft) => this.note(draft),
      () => undefined,
    )
  }

  /** Choose one of two edits of a place. */
  resolve(id: string, keep: 'mine' | 'theirs'): void {
    this.session.resolve(id, keep)
    this.sendIn(0)
  }

  /** The draft holds what this version brought: from now on it is counted from there. */
  async rebase(version: number): Promise<void> {
    await this.flush()
    this.note(await rebaseDraft(this.workflow, version))
  }

  /** The person has made this of it. */
  edit(next: WorkflowDocument): void {
    this.session.edit(next)
    if (this.failures === 0) this.sendIn(QUIET_MS)
  }

  /** Send now what waits; false when something still does. */
  async flush(): Promise<boolean> {
    clearTimeout(this.timer)
    await this.session.flush()
    this.failures = this.session.state.state === 'offline' ? this.failures + 1 : 0
    if (this.failures > 0) this.sendIn(backoff(this.failures - 1, Math.random()))
    return this.session.unsent === 0
  }

  /** Follow what others do; returns how to stop. */
  follow(onNotice: (notice: Exclude<DraftNotice, { kind: 'batch' }>) => void): () => void {
    const sink: StreamSink = {
      events: (events) => {
        for (const event of events) {
          const notice = noticeOf(event)
          if (notice?.kind === 'batch') void this.session.receive(notice.batch)
          else if (notice?.kind === 'version') void this.refresh()
          if (notice && notice.kind !== 'batch') onNotice(notice)
        }
      },
      resync: () => {
        // A version that was saved meanwhile is not told again.
        void this.refresh()
        void this.session.catchUp().then(() => topic.restart(this.session.revision))
      },
    }
    const topic = stream.subscribe(`workflow:${this.workflow}`, this.session.revision, sink)
    return () => topic.close()
  }

  private again(): void {
    this.failures = 0
    void this.flush()
    void this.session.catchUp()
  }

  private sendIn(ms: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.flush(), ms)
  }
}

const opened = new Map<string, Promise<LiveDraft>>()

/** The draft as the server has it now, with what was never sent on top. Throws as requests do. */
export async function openDraft(workflow: string): Promise<LiveDraft> {
  const known = opened.get(workflow)
  if (known) {
    const live = await known
    live.note(await fetchDraft(workflow))
    await live.session.catchUp()
    return live
  }
  const opening = openAnew(workflow)
  opened.set(workflow, opening)
  opening.catch(() => opened.delete(workflow))
  return opening
}

async function openAnew(workflow: string): Promise<LiveDraft> {
  const draft = await fetchDraft(workflow)
  const live = new LiveDraft(workflow, draft, await takeOrphans(workflow))
  await dropOrphans(workflow, live.session.client)
  return live
}

const factsOf = (draft: StoredDraft): DraftFacts => ({
  base: draft.base_version,
  newest: draft.newest_version,
  published: draft.published_version,
})

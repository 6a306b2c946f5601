import { fetchEvents } from '~/api/executions'
import type { RunEvent } from '~/api/types'
import { stream } from './browserStream'
import type { Subscription } from './stream'

const PAGE = 1_000
/** Whoever reads all of it need not hear of every frame. */
const EVERY = 200

export interface JournalView {
  /** From seq 1 on, without gaps. A longer array is another array. */
  events: readonly RunEvent[]
  /** All that was written when it was asked for is there. */
  complete: boolean
  error: Error | null
}

/** The journal of one run in the page: all of it from the first event, then what comes. */
export class RunJournal {
  private view: JournalView = { events: [], complete: false, error: null }
  private events: RunEvent[] = []
  private subscription: Subscription | null = null
  private readonly watchers = new Set<() => void>()
  private loading: Promise<void> | null = null
  private closed = false
  private timer: ReturnType<typeof setTimeout> | null = null

  constructor(private readonly id: string) {
    this.load()
  }

  readonly get = (): JournalView => this.view

  readonly watch = (run: () => void): (() => void) => {
    this.watchers.add(run)
    return () => this.watchers.delete(run)
  }

  /** Read on from the last event that is there. */
  readonly load = (): void => {
    this.loading ??= this.read().finally(() => {
      this.loading = null
    })
  }

  close(): void {
    this.closed = true
    this.subscription?.close()
    if (this.timer !== null) clearTimeout(this.timer)
  }

  private async read(): Promise<void> {
    try {
      await this.catchUp()
      if (this.closed) return
      this.subscription ??= stream.subscribe(`execution:${this.id}`, this.events.length, {
        events: (events) => this.take(events),
        resync: () => this.load(),
      })
      // The topic may be followed by others already, and then be further on.
      await this.catchUp()
      this.tell(true, null)
    } catch (error) {
      this.tell(this.view.complete, error instanceof Error ? error : new Error(String(error)))
    }
  }

  private async catchUp(): Promise<void> {
    for (;;) {
      const page = await fetchEvents(this.id, this.events.length, { limit: PAGE })
      if (this.closed) return
      this.append(page.items)
      if (page.items.length < PAGE) return
      this.tell(false, null)
    }
  }

  private take(events: readonly RunEvent[]): void {
    const first = events.find(({ seq }) => seq > this.events.length)
    if (!first) return
    if (first.seq > this.events.length + 1) {
      this.load()
      return
    }
    this.append(events)
    this.timer ??= setTimeout(() => this.tell(this.view.complete, null), EVERY)
  }

  private append(events: readonly RunEvent[]): void {
    for (const event of events) if (event.seq === this.events.length + 1) this.events.push(event)
  }

  private tell(complete: boolean, error: Error | null): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
    if (this.closed) return
    const events = this.events.length === this.view.events.length ? this.view.events : [...this.events]
    this.view = { events, complete, error }
    for (const run of this.watchers) run()
  }
}

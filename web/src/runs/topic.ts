import type { RunEvent } from '~/api/types'
import { backoff } from './backoff'

export interface TopicPort {
  /** Events after `after` from the journal, oldest first. */
  fetchEvents(topic: string, after: number, signal: AbortSignal): Promise<RunEvent[]>
  /** Events in order, each once. */
  push(topic: string, events: RunEvent[]): void
  setTimer(run: () => void, ms: number): number
  clearTimer(handle: number): void
  random(): number
}

/** Topics of one execution count without gaps; `executions` is coalesced and has a cursor of its own. */
export const isGapless = (topic: string): boolean => topic.startsWith('execution:')

/**
 * One topic's place in its sequence: drops what it has, holds what came early and fetches what is missing.
 *
 * `last` is the highest sequence number handed on; a reconnect resumes from there.
 */
export class Topic {
  last: number
  private readonly early = new Map<number, RunEvent>()
  private target = 0
  private attempts = 0
  private fetching: AbortController | null = null
  private timer: number | null = null
  private stale = false
  private closed = false

  constructor(
    readonly name: string,
    after: number,
    private readonly port: TopicPort,
  ) {
    this.last = after
  }

  receive(events: readonly RunEvent[]): void {
    if (this.closed || this.stale) return
    if (!isGapless(this.name)) {
      for (const event of events) this.last = event.seq
      this.port.push(this.name, [...events])
      return
    }
    for (const event of events) if (event.seq > this.last) this.early.set(event.seq, event)
    this.drain()
    if (this.early.size > 0) this.catchUp()
  }

  /** The server skipped events for us up to `seq`: they are in the journal. */
  resync(seq: number): void {
    if (this.closed || this.stale) return
    this.target = Math.max(this.target, seq)
    if (this.target > this.last) this.catchUp()
  }

  /** Ignore events until {@link restart}: the owner is loading a snapshot. */
  suspend(): void {
    this.stale = true
    this.stopFetching()
    this.early.clear()
  }

  /** Go on after a snapshot that includes everything up to `seq`. */
  restart(seq: number): void {
    this.stale = false
    this.last = seq
    if (this.target > this.last) this.catchUp()
  }

  close(): void {
    this.closed = true
    this.stopFetching()
  }

  private drain(): void {
    const ready: RunEvent[] = []
    for (let next = this.early.get(this.last + 1); next; next = this.early.get(this.last + 1)) {
      this.early.delete(next.seq)
      this.last = next.seq
      ready.push(next)
    }
    for (const seq of this.early.keys()) if (seq <= this.last) this.early.delete(seq)
    if (ready.length > 0) this.port.push(this.name, ready)
  }

  private missing(): boolean {
    return this.early.size > 0 || this.target > this.last
  }

  private catchUp(): void {
    if (this.fetching || this.timer !== null) return
    const fetching = new AbortController()
    this.fetching = fetching
    this.port
      .fetchEvents(this.name, this.last, fetching.signal)
      .catch(() => [] as RunEvent[])
      .then((events) => {
        if (fetching.signal.aborted) return
        this.fetching = null
        const before = this.last
        for (const event of events) if (event.seq > this.last) this.early.set(event.seq, event)
        this.drain()
        this.attempts = this.last > before ? 0 : this.attempts + 1
        if (this.missing()) this.retry()
      })
  }

  private retry(): void {
    if (this.attempts === 0) {
      this.catchUp()
      return
    }
    this.timer = this.port.setTimer(
      () => {
        this.timer = null
        if (this.missing()) this.catchUp()
      },
      backoff(this.attempts - 1, this.port.random()),
    )
  }

  private stopFetching(): void {
    this.fetching?.abort()
    this.fetching = null
    if (this.timer !== null) this.port.clearTimer(this.timer)
    this.timer = null
  }
}

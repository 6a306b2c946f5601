import type { RunEvent } from '~/api/types'
import { backoff } from './backoff'
import { Frames } from './frames'
import { isGapless, Topic, type TopicPort } from './topic'
import {
  eventSourceTransport,
  pollTransport,
  socketTransport,
  type Transport,
  type TransportEvents,
  type TransportKind,
  type TransportPort,
} from './transports'

export interface ConnectionState {
  state: TransportKind | 'connecting' | 'offline'
  /** Why it is not simply live; null when it is. */
  reason: string | null
}

export interface StreamSink {
  /** Events of one frame, in order, each once. */
  events(events: RunEvent[]): void
  /** Too much was missed: load the state anew, then call {@link Subscription.restart}. */
  resync(): void
}

export interface Subscription {
  restart(seq: number): void
  close(): void
}

export interface StreamEnvironment extends TransportPort, Omit<TopicPort, 'fetchEvents' | 'push'> {
  requestFrame(run: () => void): number
  cancelFrame(handle: number): void
  /** Nobody is logged in; the client waits until it is told to retry. */
  loginMissing(): void
}

const BUILD = { live: socketTransport, sse: eventSourceTransport, polling: pollTransport }
const LADDER: readonly TransportKind[] = ['live', 'sse', 'polling']
export const FAILURES_BEFORE_FALLBACK = 3
/** A restart of the server also looks like refused opens, so the first try to climb comes soon. */
export const FIRST_CLIMB = 3_000
export const CLIMB_INTERVAL = 60_000

/**
 * The tab's one connection to the server's feed.
 *
 * WebSocket first; after three failed opens server-sent events, then long poll; from a fall-back it tries to climb
 * back every minute. Topics keep their place across transports, so nothing is lost or shown twice.
 */
export class StreamClient {
  private readonly topics = new Map<string, { topic: Topic; sinks: Set<StreamSink> }>()
  private readonly frames: Frames
  private readonly watchers = new Set<() => void>()
  private transport: Transport | null = null
  private probe: Transport | null = null
  private rung = 0
  private failures = 0
  private openedOnce = false
  private timer: number | null = null
  private climb: number | null = null
  private current: ConnectionState = { state: 'connecting', reason: null }

  constructor(private readonly env: StreamEnvironment) {
    this.frames = new Frames(env, {
      deliver: (name, events) => {
        for (const sink of this.topics.get(name)?.sinks ?? []) sink.events(events)
      },
      overflow: (name) => this.askResync(name),
    })
  }

  readonly connection = (): ConnectionState => this.current

  readonly watch = (run: () => void): (() => void) => {
    this.watchers.add(run)
    return () => this.watchers.delete(run)
  }

  /** Follow a topic from `after` (0 = from the start; for `executions`: only what is new). */
  subscribe(name: string, after: number, sink: StreamSink): Subscription {
    let entry = this.topics.get(name)
    if (!entry) {
      const topic = new Topic(name, after, this.topicPort())
      entry = { topic, sinks: new Set() }
      this.topics.set(name, entry)
      this.transport?.subscribe(name, after)
    }
    const { topic, sinks } = entry
    sinks.add(sink)
    if (!this.transport && this.timer === null) this.connect()
    return {
      restart: (seq) => topic.restart(seq),
      close: () => {
        sinks.delete(sink)
        if (sinks.size === 0 && this.topics.get(name)?.topic === topic) this.forget(name)
      },
    }
  }

  /** Try at once instead of waiting for the back-off, e.g. when the browser is back online. */
  readonly retryNow = (): void => {
    if (this.transport) return
    if (this.timer !== null) this.env.clearTimer(this.timer)
    this.timer = null
    this.connect()
  }

  /** Stop everything; used by tests and by hot reloading. */
  close(): void {
    for (const name of [...this.topics.keys()]) this.forget(name)
    this.transport?.close()
    this.probe?.close()
    this.transport = null
    this.probe = null
    if (this.timer !== null) this.env.clearTimer(this.timer)
    if (this.climb !== null) this.env.clearTimer(this.climb)
  }

  private forget(name: string): void {
    this.topics.get(name)?.topic.close()
    this.topics.delete(name)
    this.frames.drop(name)
    this.transport?.unsubscribe(name)
  }

  private topicPort(): TopicPort {
    const { env } = this
    return {
      fetchEvents: (topic, after, signal) => env.fetchEvents(topic, after, 0, signal),
      push: (name, events) => this.frames.add(name, events),
      setTimer: (run, ms) => env.setTimer(run, ms),
      clearTimer: (handle) => env.clearTimer(handle),
      random: () => env.random(),
    }
  }

  private askResync(name: string): void {
    const entry = this.topics.get(name)
    if (!entry) return
    if (isGapless(name)) entry.topic.suspend()
    this.frames.drop(name)
    for (const sink of entry.sinks) sink.resync()
  }

  private connect(): void {
    const kind = LADDER[this.rung] ?? 'polling'
    let opened = false
    const events: TransportEvents = {
      ...this.feed(),
      opened: () => {
        if (opened) return
        opened = true
        this.opened(kind)
      },
      closed: (reason, loginMissing) => (loginMissing ? this.shutOut(reason) : this.lost(opened, reason)),
    }
    this.transport = BUILD[kind](this.env, events)
    for (const { topic } of this.topics.values()) this.transport.subscribe(topic.name, topic.last)
  }

  private feed(): Omit<TransportEvents, 'opened' | 'closed'> {
    return {
      received: (name, events) => this.topics.get(name)?.topic.receive(events),
      resync: (name, seq) => {
        if (isGapless(name)) this.topics.get(name)?.topic.resync(seq)
        else this.askResync(name)
      },
      refused: (name) => this.askResync(name),
      cursor: (name) => this.topics.get(name)?.topic.last ?? 0,
    }
  }

  private opened(kind: TransportKind): void {
    this.failures = 0
    // The list topic is coalesced and has no journal: what changed meanwhile is only in the lists themselves.
    if (this.openedOnce) for (const name of this.topics.keys()) if (!isGapless(name)) this.askResync(name)
    this.openedOnce = true
    this.set(kind, kind === 'live' ? null : this.current.reason)
    if (kind !== 'live') this.scheduleClimb(FIRST_CLIMB)
  }

  private lost(wasOpen: boolean, reason: string): void {
    this.transport = null
    this.failures = wasOpen ? 0 : this.failures + 1
    if (!wasOpen && this.failures >= FAILURES_BEFORE_FALLBACK && this.rung < LADDER.length - 1) {
      this.rung += 1
      this.failures = 0
      this.set('offline', reason)
      this.connect()
      return
    }
    this.set('offline', reason)
    this.timer = this.env.setTimer(
      () => {
        this.timer = null
        this.connect()
      },
      backoff(this.failures, this.env.random()),
    )
  }

  /** To open another socket would be in vain: whoever logs in retries, or subscribes anew. */
  private shutOut(reason: string): void {
    this.transport = null
    this.failures = 0
    this.set('offline', reason)
    this.env.loginMissing()
  }

  private scheduleClimb(delay: number): void {
    if (this.climb !== null || this.probe) return
    this.climb = this.env.setTimer(() => {
      this.climb = null
      this.tryClimb()
    }, delay)
  }

  private tryClimb(): void {
    let adopted = false
    const probe = socketTransport(this.env, {
      ...this.feed(),
      opened: () => {
        adopted = true
        this.adopt(probe)
      },
      closed: (reason, loginMissing) => {
        this.probe = null
        if (adopted && loginMissing) this.shutOut(reason)
        else if (adopted) this.lost(true, reason)
        else this.scheduleClimb(CLIMB_INTERVAL)
      },
    })
    this.probe = probe
  }

  private adopt(socket: Transport): void {
    this.transport?.close()
    if (this.timer !== null) this.env.clearTimer(this.timer)
    this.timer = null
    this.transport = socket
    this.probe = null
    this.rung = 0
    if (this.climb !== null) this.env.clearTimer(this.climb)
    this.climb = null
    for (const { topic } of this.topics.values()) socket.subscribe(topic.name, topic.last)
    this.opened('live')
  }

  private set(state: ConnectionState['state'], reason: string | null): void {
    if (this.current.state === state && this.current.reason === reason) return
    this.current = { state, reason }
    for (const run of this.watchers) run()
  }
}

import type { RunEvent } from '~/api/types'

export type TransportKind = 'live' | 'sse' | 'polling'

/** One way to the server's feed. All carry the same events; the topics own the cursors. */
export interface Transport {
  subscribe(topic: string, after: number): void
  unsubscribe(topic: string): void
  close(): void
}

export interface TransportEvents {
  opened(): void
  received(topic: string, events: RunEvent[]): void
  resync(topic: string, seq: number): void
  refused(topic: string, message: string): void
  /** Once, after which the transport is dead. */
  closed(reason: string, loginMissing?: boolean): void
  /** Where a topic stands, for transports that ask again and again. */
  cursor(topic: string): number
}

/** The part of `WebSocket` that is used, so that tests can hand in their own. */
export interface SocketLike {
  readonly readyState: number
  onopen: (() => void) | null
  onmessage: ((message: { data: unknown }) => void) | null
  onclose: ((close: { code: number; reason: string }) => void) | null
  onerror: (() => void) | null
  send(data: string): void
  close(): void
}

export interface EventSourceLike {
  onopen: (() => void) | null
  onmessage: ((message: { data: unknown }) => void) | null
  onerror: (() => void) | null
  addEventListener(name: string, run: (message: { data: unknown }) => void): void
  close(): void
}

export interface TransportPort {
  openSocket(): SocketLike
  openEventSource(topic: string, after: number): EventSourceLike
  fetchEvents(topic: string, after: number, wait: number, signal: AbortSignal): Promise<RunEvent[]>
  setTimer(run: () => void, ms: number): number
  clearTimer(handle: number): void
}

/** The server closes a socket with it when nobody is logged in (any more). */
export const CLOSE_LOGIN = 4401
export const HEARTBEAT_LIMIT = 40_000
export const LIST_POLL = 5_000
const WAIT_SECONDS = 20
/** `WebSocket.OPEN`. */
const OPEN = 1

interface ServerMessage {
  topic?: string
  events?: RunEvent[]
  resync?: number
  error?: { code: string; message: string }
}

/** WebSocket: one connection, all topics. Silence beyond two heartbeats counts as a dead line. */
export function socketTransport(port: TransportPort, on: TransportEvents): Transport {
  const socket = port.openSocket()
  const early = new Map<string, number>()
  let open = false
  let dead = false
  let watch: number | null = null

  const end = (reason: string, loginMissing = false) => {
    if (dead) return
    dead = true
    if (watch !== null) port.clearTimer(watch)
    socket.close()
    on.closed(reason, loginMissing)
  }
  const alive = () => {
    if (watch !== null) port.clearTimer(watch)
    watch = port.setTimer(() => end('the server went silent'), HEARTBEAT_LIMIT)
  }

  // While it closes nothing can be said; the next connection begins with all topics.
  const tell = (message: object) => {
    if (socket.readyState === OPEN) socket.send(JSON.stringify(message))
  }

  socket.onopen = () => {
    if (dead) return
    open = true
    alive()
    on.opened()
    if (early.size > 0) tell({ subscribe: Object.fromEntries(early) })
  }
  socket.onmessage = ({ data }) => {
    if (dead) return
    alive()
    const message = JSON.parse(String(data)) as ServerMessage
    if (!message.topic) return
    if (message.events) on.received(message.topic, message.events)
    if (message.resync !== undefined) on.resync(message.topic, message.resync)
    if (message.error) on.refused(message.topic, message.error.message)
  }
  socket.onclose = ({ code, reason }) =>
    end(reason || (open ? `the connection closed (${code})` : 'WebSocket refused'), code === CLOSE_LOGIN)

  return {
    subscribe(topic, after) {
      if (open && !dead) tell({ subscribe: { [topic]: after } })
      else early.set(topic, after)
    },
    unsubscribe(topic) {
      early.delete(topic)
      if (open && !dead) tell({ unsubscribe: [topic] })
    },
    close() {
      if (dead) return
      dead = true
      if (watch !== null) port.clearTimer(watch)
      socket.close()
    },
  }
}

/** Server-sent events: a source a topic, for networks whose proxies refuse WebSocket. */
export function eventSourceTransport(port: TransportPort, on: TransportEvents): Transport {
  const sources = new Map<string, EventSourceLike>()
  let dead = false
  const closeAll = () => {
    dead = true
    for (const source of sources.values()) source.close()
    sources.clear()
  }

  return {
    subscribe(topic, after) {
      if (dead) return
      sources.get(topic)?.close()
      const source = port.openEventSource(topic, after)
      sources.set(topic, source)
      source.onopen = () => {
        if (!dead) on.opened()
      }
      source.onmessage = ({ data }) => {
        if (!dead) on.received(topic, [JSON.parse(String(data)) as RunEvent])
      }
      source.addEventListener('resync', ({ data }) => {
        if (!dead) on.resync(topic, Number(data))
      })
      source.onerror = () => {
        if (dead || sources.get(topic) !== source) return
        closeAll()
        on.closed('the event stream broke')
      }
    },
    unsubscribe(topic) {
      sources.get(topic)?.close()
      sources.delete(topic)
    },
    close: closeAll,
  }
}

/** Long poll: the last resort, works wherever a page loads. */
export function pollTransport(port: TransportPort, on: TransportEvents): Transport {
  const stops = new Map<string, AbortController>()
  let dead = false
  const closeAll = () => {
    dead = true
    for (const stop of stops.values()) stop.abort()
    stops.clear()
  }
  const fail = (error: unknown) => {
    closeAll()
    on.closed(error instanceof Error ? error.message : 'polling failed')
  }

  const follow = async (topic: string, signal: AbortSignal) => {
    while (!signal.aborted) {
      try {
        const events = await port.fetchEvents(topic, on.cursor(topic), WAIT_SECONDS, signal)
        if (signal.aborted) return
        on.opened()
        on.received(topic, events)
      } catch (error) {
        if (!signal.aborted) fail(error)
        return
      }
    }
  }
  // The list topic has no journal: ask whether the server is there, then let the list's query load itself.
  const followList = (topic: string, signal: AbortSignal) => {
    let timer: number | null = null
    const tick = async () => {
      try {
        await port.fetchEvents(topic, 0, 0, signal)
      } catch (error) {
        if (!signal.aborted) fail(error)
        return
      }
      if (signal.aborted) return
      on.opened()
      on.resync(topic, 0)
      timer = port.setTimer(tick, LIST_POLL)
    }
    signal.addEventListener('abort', () => {
      if (timer !== null) port.clearTimer(timer)
    })
    void tick()
  }

  return {
    subscribe(topic) {
      if (dead) return
      stops.get(topic)?.abort()
      const stop = new AbortController()
      stops.set(topic, stop)
      if (topic.startsWith('execution:')) void follow(topic, stop.signal)
      else followList(topic, stop.signal)
    },
    unsubscribe(topic) {
      stops.get(topic)?.abort()
      stops.delete(topic)
    },
    close: closeAll,
  }
}

import type { RunEvent } from '~/api/types'
import type { StreamEnvironment } from '~/runs/stream'
import type { EventSourceLike, SocketLike } from '~/runs/transports'

/** A run event with just what a test is about. */
export function runEvent(seq: number, kind = 'node.progress', more: Partial<RunEvent> = {}): RunEvent {
  return { execution: 'e1', seq, at: '2026-01-01T00:00:00.000000Z', kind, node: 'a', data: {}, ...more }
}

/** A socket whose other end is the test. */
export class FakeSocket implements SocketLike {
  onopen: (() => void) | null = null
  onmessage: ((message: { data: unknown }) => void) | null = null
  onclose: ((close: { code: number; reason: string }) => void) | null = null
  onerror: (() => void) | null = null
  readonly sent: unknown[] = []
  closed = false
  readyState = 1

  send(data: string): void {
    if (this.readyState !== 1) throw new Error('WebSocket is already in CLOSING or CLOSED state.')
    this.sent.push(JSON.parse(data))
  }
  close(): void {
    this.closed = true
  }
  open(): void {
    this.onopen?.()
  }
  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
  /** The server has said that it closes; the browser tells of it a moment later. */
  closing(): void {
    this.readyState = 2
  }
  drop(reason = '', code = 1006): void {
    this.readyState = 3
    this.onclose?.({ code, reason })
  }
}

export class FakeEventSource implements EventSourceLike {
  onopen: (() => void) | null = null
  onmessage: ((message: { data: unknown }) => void) | null = null
  onerror: (() => void) | null = null
  readonly named = new Map<string, (message: { data: unknown }) => void>()
  closed = false

  constructor(
    readonly topic: string,
    readonly after: number,
  ) {}
  addEventListener(name: string, run: (message: { data: unknown }) => void): void {
    this.named.set(name, run)
  }
  close(): void {
    this.closed = true
  }
}

interface Fetch {
  topic: string
  after: number
  wait: number
  answer: (events: RunEvent[]) => void
  fail: (error: Error) => void
}

/** Clock, frames, sockets and journal under the test's hand; `random` is 1, so back-offs are at their longest. */
export class FakeEnvironment implements StreamEnvironment {
  readonly sockets: FakeSocket[] = []
  readonly sources: FakeEventSource[] = []
  readonly fetches: Fetch[] = []
  hidden = false
  logins = 0
  now = 0
  private timers: { id: number; at: number; run: () => void }[] = []
  private frames: { id: number; run: () => void }[] = []
  private ids = 0

  openSocket(): SocketLike {
    const socket = new FakeSocket()
    this.sockets.push(socket)
    return socket
  }
  openEventSource(topic: string, after: number): EventSourceLike {
    const source = new FakeEventSource(topic, after)
    this.sources.push(source)
    return source
  }
  fetchEvents(topic: string, after: number, wait: number, signal: AbortSignal): Promise<RunEvent[]> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')))
      this.fetches.push({ topic, after, wait, answer: resolve, fail: reject })
    })
  }
  setTimer(run: () => void, ms: number): number {
    this.ids += 1
    this.timers.push({ id: this.ids, at: this.now + ms, run })
    return this.ids
  }
  clearTimer(handle: number): void {
    this.timers = this.timers.filter((timer) => timer.id !== handle)
  }
  requestFrame(run: () => void): number {
    this.ids += 1
    this.frames.push({ id: this.ids, run })
    return this.ids
  }
  cancelFrame(handle: number): void {
    this.frames = this.frames.filter((frame) => frame.id !== handle)
  }
  random(): number {
    return 1
  }
  loginMissing(): void {
    this.logins += 1
  }

  get socket(): FakeSocket {
    const last = this.sockets.at(-1)
    if (!last) throw new Error('no socket was opened')
    return last
  }
  frame(): void {
    if (this.hidden) return
    const due = this.frames
    this.frames = []
    for (const { run } of due) run()
  }
  /** Let time pass; timers run in order of their due time. */
  advance(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const next = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.timers = this.timers.filter((timer) => timer !== next)
      this.now = next.at
      next.run()
    }
    this.now = end
  }
}

/** Let promise callbacks run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve()
}

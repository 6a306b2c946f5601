import type { RunEvent } from '~/api/types'

/** Events waiting for one topic above this are not worth applying one by one: the state is loaded anew. */
export const BUFFER_CAP = 5000
/** How long events may wait when the tab is hidden and no frame ever comes. */
export const HIDDEN_DELAY = 250

export interface FrameClock {
  setTimer(run: () => void, ms: number): number
  clearTimer(handle: number): void
  requestFrame(run: () => void): number
  cancelFrame(handle: number): void
}

export interface FrameSink {
  deliver(topic: string, events: RunEvent[]): void
  overflow(topic: string): void
}

/** Collects events and hands them on once a frame, so a burst of thousands costs one render. */
export class Frames {
  private readonly waiting = new Map<string, RunEvent[]>()
  private readonly overflowed = new Set<string>()
  private frame: number | null = null
  private timer: number | null = null

  constructor(
    private readonly clock: FrameClock,
    private readonly sink: FrameSink,
  ) {}

  add(topic: string, events: readonly RunEvent[]): void {
    if (events.length === 0 || this.overflowed.has(topic)) return
    const buffer = this.waiting.get(topic) ?? []
    for (const event of events) buffer.push(event)
    if (buffer.length > BUFFER_CAP) {
      this.waiting.delete(topic)
      this.overflowed.add(topic)
    } else {
      this.waiting.set(topic, buffer)
    }
    this.schedule()
  }

  /** Forget what a topic has waiting, e.g. because it was closed or loaded anew. */
  drop(topic: string): void {
    this.waiting.delete(topic)
    this.overflowed.delete(topic)
  }

  private schedule(): void {
    if (this.timer !== null) return
    // Both, whichever comes first: hidden tabs run timers but no frames, and a tab may be hidden at any moment.
    this.frame = this.clock.requestFrame(() => this.flush())
    this.timer = this.clock.setTimer(() => this.flush(), HIDDEN_DELAY)
  }

  private flush(): void {
    if (this.frame !== null) this.clock.cancelFrame(this.frame)
    if (this.timer !== null) this.clock.clearTimer(this.timer)
    this.frame = null
    this.timer = null
    const batches = [...this.waiting]
    const lost = [...this.overflowed]
    this.waiting.clear()
    this.overflowed.clear()
    for (const [topic, events] of batches) this.sink.deliver(topic, events)
    for (const topic of lost) this.sink.overflow(topic)
  }
}

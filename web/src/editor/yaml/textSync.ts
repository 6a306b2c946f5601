/**
 * Keeps a text and a document in step while both are edited.
 *
 * `base` is the document that the text was last in step with. What the person changed in the text since, and what
 * came from elsewhere since, are differences to it; they are brought together place by place (`model/ops.ts`). A text
 * that cannot be read is kept as it is until it can.
 */

import { createStore } from 'zustand/vanilla'
import { apply, type Change, type Collision, diff } from '~/model/ops'
import type { WorkflowDocument } from '~/model/workflow'
import type { TextEngine } from './engine'

export interface TextState {
  /** Null until it is written. */
  text: string | null
  /** The text has something that the document does not have yet. */
  pending: boolean
  /** Why the text cannot be applied; `line` counts from 1. */
  refused: { line: number; message: string } | null
  /** Places that somebody else changed while they were being typed; theirs stands. */
  collisions: readonly Collision<Change>[]
  failed: string | null
}

export interface KeptText {
  text: string
  base: WorkflowDocument
}

export interface DocumentSide {
  get(): WorkflowDocument
  set(document: WorkflowDocument): void
}

const START: TextState = { text: null, pending: false, refused: null, collisions: [], failed: null }

export class TextSync {
  readonly store = createStore<TextState>(() => START)
  private base: WorkflowDocument
  private typed = 0
  private work: Promise<void> = Promise.resolve()
  private timer: ReturnType<typeof setTimeout> | undefined
  private closed = false

  /**
   * @param kept a text that could not be applied when it was left.
   * @param pauseMs how long one has to stop typing before the text is applied.
   */
  constructor(
    private readonly engine: TextEngine,
    private readonly side: DocumentSide,
    private readonly options: { kept?: KeptText | null; pauseMs?: number } = {},
  ) {
    const { kept } = options
    this.base = kept?.base ?? side.get()
    if (kept) {
      this.store.setState({ text: kept.text, pending: true })
      this.queue(() => this.take())
    } else this.queue(() => this.rewrite())
  }

  /** The document has changed: unless this side did it, the text follows. */
  documentChanged(): void {
    if (this.side.get() !== this.base) this.queue(() => this.follow())
  }

  /** The person has typed. */
  type(text: string): void {
    this.typed += 1
    this.store.setState({ text, pending: true })
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.queue(() => this.take()), this.options.pauseMs ?? 300)
  }

  /** Apply at once what has been typed. */
  flush(): Promise<void> {
    clearTimeout(this.timer)
    if (this.store.getState().pending) this.queue(() => this.take())
    return this.settled()
  }

  /** Throw away what was not applied: the text is that of the document again. */
  revert(): void {
    clearTimeout(this.timer)
    this.typed += 1
    this.queue(() => this.rewrite())
  }

  /** Put the person's own edits over those of others, or leave these. */
  resolve(keep: 'mine' | 'theirs'): void {
    const { collisions } = this.store.getState()
    this.store.setState({ collisions: [] })
    if (keep === 'theirs') return
    const mine = collisions.map(({ change, theirs }) => {
      const { before: _, ...rest } = change
      return theirs === undefined ? rest : { ...rest, before: theirs }
    })
    this.side.set(apply(this.side.get(), mine).document)
    this.documentChanged()
  }

  /** What has to be kept for later; null when the document has all of it. */
  unapplied(): KeptText | null {
    const { text, pending } = this.store.getState()
    return pending && text !== null ? { text, base: this.base } : null
  }

  /** Until nothing is being done. */
  async settled(): Promise<void> {
    let seen: Promise<void> | null = null
    while (seen !== this.work) {
      seen = this.work
      await seen
    }
  }

  close(): void {
    this.closed = true
    clearTimeout(this.timer)
  }

  private queue(step: () => Promise<void>): void {
    this.work = this.work
      .then(() => (this.closed ? undefined : step()))
      .catch((error: unknown) => {
        if (!this.closed)
          this.store.setState({ failed: error instanceof Error ? error.message : String(error) })
      })
  }

  private async rewrite(): Promise<void> {
    const document = this.side.get()
    const typed = this.typed
    const text = await this.engine.write(document)
    if (typed !== this.typed) return
    this.base = document
    this.store.setState({ ...START, text })
  }

  /** Text after document. */
  private async follow(): Promise<void> {
    const { text, pending } = this.store.getState()
    const document = this.side.get()
    // What is being typed is brought together with it when it is applied.
    if (pending || text === null || document === this.base) return
    await this.write(text, this.base, document)
  }

  private async write(text: string, from: WorkflowDocument, to: WorkflowDocument): Promise<void> {
    const typed = this.typed
    const changes = diff(from, to)
    const next = changes.length === 0 ? text : await this.engine.patch(text, changes, to)
    if (typed !== this.typed) return
    this.base = to
    this.store.setState({ text: next, pending: false })
  }

  /** Document after text. */
  private async take(): Promise<void> {
    const { text, pending } = this.store.getState()
    if (text === null || !pending) return
    const typed = this.typed
    const read = await this.engine.read(text, this.base.name)
    if (typed !== this.typed) return
    if (!read.ok) {
      this.store.setState({ refused: { line: read.line, message: read.message } })
      return
    }
    const mine = diff(this.base, read.document)
    const alone = this.side.get() === this.base
    const { document, collisions } = apply(this.side.get(), mine)
    if (mine.length > 0) this.side.set(document)
    const { collisions: before } = this.store.getState()
    this.store.setState({ refused: null, collisions: [...before, ...collisions] })
    if (alone) {
      // Nobody else has changed anything: the text says what the document says.
      this.base = this.side.get()
      this.store.setState({ pending: false })
    } else await this.write(text, read.document, this.side.get())
  }
}

/** Work on the text of a document, away from the page: `worker.ts` does it. */

import type { Change } from '~/model/ops'
import type { WorkflowDocument } from '~/model/workflow'
import type { Place, ReadText } from './text'

export interface TextEngine {
  write(document: WorkflowDocument): Promise<string>
  read(text: string, name: string): Promise<ReadText>
  patch(text: string, changes: readonly Change[], to: WorkflowDocument): Promise<string>
  locate(text: string, pointers: readonly string[]): Promise<(Place | null)[]>
  pathAt(text: string, offset: number): Promise<string[]>
  close(): void
}

type Work = Omit<TextEngine, 'close'>
export interface Question {
  id: number
  work: keyof Work
  args: unknown[]
}
export interface Answer {
  id: number
  value?: unknown
  /** Why there is none. */
  failed?: string
}

/** An engine in a worker of its own, which ends with `close`. */
export function openEngine(): TextEngine {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  const waiting = new Map<number, { done(value: unknown): void; fail(error: Error): void }>()
  let count = 0
  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    const one = waiting.get(data.id)
    waiting.delete(data.id)
    if (data.failed === undefined) one?.done(data.value)
    else one?.fail(new Error(data.failed))
  }
  worker.onerror = (event) => {
    for (const { fail } of waiting.values()) fail(new Error(event.message || 'worker'))
    waiting.clear()
  }
  const ask =
    (work: keyof Work) =>
    (...args: unknown[]) =>
      new Promise<never>((done, fail) => {
        count += 1
        waiting.set(count, { done: done as (value: unknown) => void, fail })
        worker.postMessage({ id: count, work, args } satisfies Question)
      })
  return {
    write: ask('write'),
    read: ask('read'),
    patch: ask('patch'),
    locate: ask('locate'),
    pathAt: ask('pathAt'),
    close: () => worker.terminate(),
  }
}

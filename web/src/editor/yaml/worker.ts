/** The other end of `engine.ts`. */

import type { Answer, Question } from './engine'
import { locate, patchText, pathAt, readText, writeText } from './text'

const WORK = { write: writeText, read: readText, patch: patchText, locate, pathAt }

self.onmessage = ({ data: { id, work, args } }: MessageEvent<Question>) => {
  let answer: Answer
  try {
    answer = { id, value: (WORK[work] as (...all: unknown[]) => unknown)(...args) }
  } catch (error) {
    answer = { id, failed: error instanceof Error ? error.message : String(error) }
  }
  self.postMessage(answer)
}

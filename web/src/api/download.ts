import { ApiError, type ProblemBody, UnreachableError } from './problem'

/**
 * Have the browser save what an address answers with.
 *
 * A link alone would save a refusal as if it were the file, so the answer is looked at first and broken off at once.
 *
 * @throws ApiError, UnreachableError
 */
export async function download(url: string): Promise<void> {
  const control = new AbortController()
  const answer = await fetch(url, { signal: control.signal }).catch((error: unknown) => {
    throw new UnreachableError(error)
  })
  if (!answer.ok) {
    const problem: ProblemBody = await answer.json().catch(() => ({}))
    throw new ApiError(answer.status, problem)
  }
  control.abort()
  follow(url, '')
}

/** Have the browser save a text. */
export function saveText(text: string, name: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  follow(url, name)
  // The download has begun by then; an address that is kept would keep the text.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

function follow(href: string, name: string): void {
  const link = document.createElement('a')
  link.href = href
  link.download = name
  link.click()
}

import createClient from 'openapi-fetch'
import { ApiError, type ProblemBody, UnreachableError } from './problem'
import type { paths } from './schema.gen'
import { loginMissing } from './session'

/** The typed client of the REST API: paths, parameters and answers come from the server's OpenAPI. */
export const client = createClient<paths>({ baseUrl: window.location.origin })

client.use({
  onResponse({ response, schemaPath }) {
    // A link that does not work is for the login page to tell.
    if (response.status === 401 && schemaPath !== '/api/v1/login') loginMissing()
  },
})

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/**
 * The body of an answer. The server's refusals become {@link ApiError}, silence {@link UnreachableError}.
 *
 * An aborted request throws what `fetch` threw, so that its caller can tell.
 */
export async function take<T>(answer: Promise<Answer<T>>): Promise<T> {
  let settled: Answer<T>
  try {
    settled = await answer
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new UnreachableError(error)
  }
  const { data, error, response } = settled
  if (!response.ok) throw new ApiError(response.status, isProblem(error) ? error : {})
  return data as T
}

/** The same, where `model/` knows more of the body than the OpenAPI says (documents, schemas). */
export const takeAs = <T>(answer: Promise<Answer<unknown>>): Promise<T> => take(answer) as Promise<T>

// A proxy in between may answer with a page of its own; then the status has to do.
const isProblem = (error: unknown): error is ProblemBody => typeof error === 'object' && error !== null

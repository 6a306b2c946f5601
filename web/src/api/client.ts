import { ApiError, type ProblemBody, UnreachableError } from './problem'

export const API = '/api/v1'

type QueryValue = string | number | boolean | null | undefined

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  query?: Record<string, QueryValue>
  /** Sent as JSON; a string is sent as it is, with `contentType`. */
  body?: unknown
  contentType?: string
  accept?: string
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** The address of an endpoint, with empty query values left out. */
export function endpoint(path: string, query: Record<string, QueryValue> = {}): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(key, String(value))
  }
  const tail = search.toString()
  return tail ? `${API}${path}?${tail}` : `${API}${path}`
}

async function problemOf(response: Response): Promise<ApiError> {
  let body: ProblemBody = {}
  try {
    body = (await response.json()) as ProblemBody
  } catch {
    // A proxy in between may answer with text; the status still tells.
  }
  return new ApiError(response.status, body)
}

/** One request; refused ones throw {@link ApiError}, a dead server {@link UnreachableError}. */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const { method = 'GET', query, body, contentType = 'application/json', accept, headers, signal } = options
  let response: Response
  try {
    response = await fetch(endpoint(path, query), {
      method,
      signal,
      headers: {
        accept: accept ?? 'application/json',
        ...(body === undefined ? {} : { 'content-type': contentType }),
        ...headers,
      },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new UnreachableError(error)
  }
  if (!response.ok) throw await problemOf(response)
  return response
}

/** The same, with the JSON body of the answer. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(path, options)
  return (response.status === 204 ? undefined : await response.json()) as T
}

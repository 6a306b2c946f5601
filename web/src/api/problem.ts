/** One problem of a document, config or input, as the server reports it; the pointer is a JSON pointer. */
export interface Problem {
  code: string
  pointer: string
  severity: 'error' | 'warning'
  message: string
  fix: string | null
}

/** The body of an `application/problem+json` answer (RFC 9457). */
export interface ProblemBody {
  title?: string
  status?: number
  detail?: string
  code?: string
  errors?: Problem[]
  details?: Record<string, unknown>
}

/** A refused request. `message` is fit to be shown; `problems` name the places. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly problems: Problem[]
  /** What the code is about, e.g. the nodes it names. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(status: number, body: ProblemBody) {
    super(body.detail || body.title || `The server answered ${status}.`)
    this.name = 'ApiError'
    this.status = status
    this.code = body.code ?? `http.${status}`
    this.problems = body.errors ?? []
    this.details = body.details ?? {}
  }
}

/** The server could not be reached at all. */
export class UnreachableError extends Error {
  constructor(cause: unknown) {
    super('The server cannot be reached. Check that ConcertMaster is running.', { cause })
    this.name = 'UnreachableError'
  }
}

import { describe, expect, it } from 'vitest'
import { take } from './client'
import { ApiError, UnreachableError } from './problem'

const refusal = (answer: Parameters<typeof take>[0]): Promise<ApiError> =>
  take(answer).then(
    () => Promise.reject(new Error('nothing was refused')),
    (error: ApiError) => error,
  )

const response = (status: number) => new Response(null, { status })

describe('take', () => {
  it('gives the body of a good answer', async () => {
    expect(await take(Promise.resolve({ data: { a: 1 }, response: response(200) }))).toEqual({ a: 1 })
  })

  it('turns a refusal into an error that names places', async () => {
    const error = {
      detail: 'The inputs do not fit',
      code: 'inputs.invalid',
      errors: [
        { code: 'maximum', pointer: '/inputs/month', severity: 'error', message: 'too large', fix: null },
      ],
    }
    const refused = await refusal(Promise.resolve({ error, response: response(422) }))
    expect(refused).toBeInstanceOf(ApiError)
    expect(refused).toMatchObject({ status: 422, code: 'inputs.invalid', message: 'The inputs do not fit' })
    expect(refused.problems[0]?.pointer).toBe('/inputs/month')
  })

  it('still says something when a proxy answered with a page of its own', async () => {
    const refused = await refusal(Promise.resolve({ error: '<html>', response: response(502) }))
    expect(refused.message).toBe('The server answered 502.')
  })

  it('tells silence from abort', async () => {
    await expect(take(Promise.reject(new TypeError('Failed to fetch')))).rejects.toBeInstanceOf(
      UnreachableError,
    )
    const abort = new DOMException('aborted', 'AbortError')
    await expect(take(Promise.reject(abort))).rejects.toBe(abort)
  })
})

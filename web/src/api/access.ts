import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { client, take } from './client'
import type { NewToken } from './types'

const tokensKey = ['tokens'] as const

/** Who is logged in; refused without a login. */
export const meQuery = () =>
  queryOptions({
    queryKey: ['me'],
    queryFn: ({ signal }) => take(client.GET('/api/v1/me', { signal })),
  })

/** Use a login link up; the answer sets the cookie. */
export const logIn = (token: string) => take(client.POST('/api/v1/login', { body: { token } }))

export const logOut = () => take(client.POST('/api/v1/logout'))

export const tokensQuery = () =>
  queryOptions({
    queryKey: tokensKey,
    queryFn: async ({ signal }) => (await take(client.GET('/api/v1/tokens', { signal }))).items,
  })

/** The answer has the secret, which cannot be read again. */
export function useCreateToken() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: NewToken) => take(client.POST('/api/v1/tokens', { body })),
    // Not kept for longer than the dialog shows it.
    gcTime: 0,
    onSuccess: () => queries.invalidateQueries({ queryKey: tokensKey }),
  })
}

export function useRevokeToken() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => take(client.DELETE('/api/v1/tokens/{id}', { params: { path: { id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: tokensKey }),
  })
}

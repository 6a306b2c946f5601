import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { client, take } from './client'

const keys = { all: ['files'] as const }
const SHOWN = 100

/** A folder of the workspace, or with words in it what lies anywhere below. */
export const filesQuery = (prefix: string, search: string) =>
  queryOptions({
    queryKey: [...keys.all, prefix, search] as const,
    queryFn: ({ signal }) =>
      take(client.GET('/api/v1/files', { params: { query: { prefix, search, limit: SHOWN } }, signal })),
    staleTime: 5_000,
    retry: false,
  })

export function useUpload() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ path, file, overwrite }: { path: string; file: File; overwrite: boolean }) =>
      take(
        client.PUT('/api/v1/files/{path}', {
          params: { path: { path }, query: { overwrite } },
          body: file as unknown as string,
          bodySerializer: (body) => body as unknown as BodyInit,
          headers: { 'Content-Type': 'application/octet-stream' },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.all }),
  })
}

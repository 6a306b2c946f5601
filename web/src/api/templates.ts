import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { client, take } from './client'
import { triggerKeys } from './triggers'
import { workflowKeys } from './workflows'

/** They come with the package: no template changes while the server runs. */
export const templatesQuery = () =>
  queryOptions({
    queryKey: ['templates'],
    queryFn: async ({ signal }) => (await take(client.GET('/api/v1/templates', { signal }))).items,
    staleTime: Number.POSITIVE_INFINITY,
  })

export const templateQuery = (name: string) =>
  queryOptions({
    queryKey: ['templates', name],
    queryFn: ({ signal }) =>
      take(client.GET('/api/v1/templates/{name}', { params: { path: { name } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  })

/** Make a published workflow of a template, with its sample files. */
export function useTemplate() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (name: string) =>
      take(client.POST('/api/v1/templates/{name}/use', { params: { path: { name } } })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: workflowKeys.list() })
      void queries.invalidateQueries({ queryKey: triggerKeys.all })
    },
  })
}

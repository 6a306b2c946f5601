import { queryOptions } from '@tanstack/react-query'
import { fetchWorkflow, workflowKeys } from '~/api/workflows'
import { completeDocument } from '~/model/workflow'
import type { Saved } from '../state'
import { type LiveDraft, openDraft } from './live'

export interface OpenDraft {
  live: LiveDraft
  /** The version that the draft began from. */
  saved: Saved
}

/** A draft and what it is counted from, as they are whenever an editor opens. */
export const openDraftQuery = (name: string) =>
  queryOptions({
    queryKey: [...workflowKeys.all, 'draft', name],
    queryFn: async (): Promise<OpenDraft> => {
      const live = await openDraft(name)
      return { live, saved: await savedOf(live) }
    },
    // What is open is kept up to date by itself; asking again would only build another editor.
    staleTime: 0,
    gcTime: 0,
    refetchOnMount: 'always',
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    structuralSharing: false,
  })

export async function savedOf({ workflow, facts }: LiveDraft): Promise<Saved> {
  const version = await fetchWorkflow(workflow, facts.base)
  return { document: completeDocument(version.document), version: facts.base, published: facts.published }
}

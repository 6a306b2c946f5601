import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { approvalKeys } from '~/api/approvals'
import { executionKeys } from '~/api/executions'
import { nodeTypeKeys } from '~/api/nodeTypes'
import { workflowKeys } from '~/api/workflows'
import { stream } from './browserStream'
import { ChangeLog } from './changes'

/** Changed executions of this tab's lifetime; the runs list shows them, the rest refreshes. */
export const changes = new ChangeLog()

const REFRESH_INTERVAL = 1000

/** Refresh lists at most once a second, however many events arrive. */
function throttledRefresh(client: QueryClient): () => void {
  let due = false
  return () => {
    if (due) return
    due = true
    setTimeout(() => {
      due = false
      void client.invalidateQueries({ queryKey: workflowKeys.list() })
      void client.invalidateQueries({ queryKey: approvalKeys.all })
    }, REFRESH_INTERVAL)
  }
}

/** Node types were loaded anew: palettes and forms fetch them. */
function refreshNodeTypes(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: nodeTypeKeys.all })
  void client.invalidateQueries({ queryKey: nodeTypeKeys.registry })
}

/** Follow `executions` and `registry` for the whole tab: that also keeps the one connection open. */
export function useLiveLists(): void {
  const client = useQueryClient()
  useEffect(() => {
    const refresh = throttledRefresh(client)
    const subscription = stream.subscribe('executions', 0, {
      events(events) {
        changes.record(events)
        refresh()
      },
      resync() {
        void client.invalidateQueries({ queryKey: executionKeys.lists() })
        refresh()
      },
    })
    const types = stream.subscribe('registry', 0, {
      events: () => refreshNodeTypes(client),
      resync: () => refreshNodeTypes(client),
    })
    return () => {
      subscription.close()
      types.close()
    }
  }, [client])
}

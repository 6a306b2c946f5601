import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { approvalKeys } from '~/api/approvals'
import { executionKeys } from '~/api/executions'
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

/** Follow the `executions` topic for the whole tab: it also keeps the one connection open. */
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
    return () => subscription.close()
  }, [client])
}

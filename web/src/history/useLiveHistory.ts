import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { historyKeys } from '~/api/history'
import { changes } from '~/runs/useLiveLists'

const REFRESH_INTERVAL = 2_000

/** Whatever looks back on runs is asked for again when runs change, at most every two seconds. */
export function useLiveHistory(): void {
  const client = useQueryClient()
  useEffect(() => {
    let due: ReturnType<typeof setTimeout> | undefined
    const stop = changes.watch(() => {
      due ??= setTimeout(() => {
        due = undefined
        void client.invalidateQueries({ queryKey: historyKeys.all })
      }, REFRESH_INTERVAL)
    })
    return () => {
      clearTimeout(due)
      stop()
    }
  }, [client])
}

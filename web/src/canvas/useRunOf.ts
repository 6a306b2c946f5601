import { split } from '~/model/frames'
import type { NodeRunView, RunStatusStore } from '~/runs/state'
import { useNodeRun } from '~/runs/useRun'
import { useScene } from './context'

/** How a node of the canvas does in the run that is shown, if one is shown of its graph. */
export function useRunOf(name: string): { run: NodeRunView | undefined; store: RunStatusStore | null } {
  const { key, own } = split(name)
  const store = useScene().statuses.get(key) ?? null
  return { run: useNodeRun(store, own), store }
}

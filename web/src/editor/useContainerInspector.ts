import { useEffect } from 'react'
import { isContainer } from '~/model/bodies'
import { setPanels } from './actions/panels'
import { soleNode } from './state'
import { useDispatch, useEditor } from './store'

/** As long as a second click may make a double click of the first. */
const DOUBLE_CLICK_MS = 350

/** Brings up the inspector for a chosen container, but not under the pointer that may open it with another click. */
export function useContainerInspector(): void {
  const dispatch = useDispatch()
  const chosen = useEditor((state) => {
    const node = soleNode(state)
    const follows = state.panels.inspectorFollows && !state.panels.inspector
    return follows && node !== null && isContainer(state.types, state.document.nodes[node]) ? node : null
  })
  useEffect(() => {
    if (chosen === null) return
    const timer = setTimeout(() => dispatch(setPanels, { inspector: true }), DOUBLE_CLICK_MS)
    return () => clearTimeout(timer)
  }, [chosen, dispatch])
}

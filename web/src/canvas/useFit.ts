import { useConnection } from '@xyflow/react'
import { useScene } from './context'
import { whyNotOn } from './sceneWires'
import { parseWireEnd, type WireEnd, wireEndKey } from './wiring'

export type Fit = 'none' | 'yes' | 'no'

/** Whether the wire being dragged may end at this card. */
export function useFit(id: string): { from: WireEnd | null; fit: Fit; why: string | null } {
  const from = parseWireEnd(useConnection(wireEndKey))
  const scene = useScene()
  if (!from || from.node === id) return { from, fit: 'none', why: null }
  const why = whyNotOn(scene, from, id)
  return { from, fit: why === null ? 'yes' : 'no', why }
}

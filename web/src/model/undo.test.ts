import { describe, expect, it } from 'vitest'
import { fragmentOf, pasteFragment } from './clipboard'
import { removeNodes } from './edits'
import { layoutGraph, NODE_HEIGHT } from './layout'
import { renameNode } from './rename'
import { sampleTypes } from './sample'
import { undoCandidates, undoLinks, undoneBy } from './undo'
import { validateWiring } from './validate'
import type { WorkflowDocument } from './workflow'

const trip: WorkflowDocument = {
  concertmaster: 1,
  name: 'trip',
  policy: { on_failure: 'compensate', finally: ['report', 'flight'] },
  nodes: {
    flight: { type: 'table.sql@1', policy: { undo: 'cancel', timeout: '1m' } },
    hotel: { type: 'data.set@1', policy: { undo: 'gone' } },
    cancel: { type: 'table.sql@1' },
    report: { type: 'data.set@1' },
  },
  edges: ['flight -> hotel'],
}
const wired = (id: string) => id === 'flight' || id === 'hotel'

describe('nodes that undo others', () => {
  it('are linked where both exist', () => {
    expect(undoLinks(trip.nodes)).toEqual([{ node: 'flight', undo: 'cancel' }])
    expect(undoneBy(trip.nodes)).toEqual(new Map([['cancel', 'flight']]))
  })

  it('need no wire, as what they undo gives them their input', () => {
    const problems = validateWiring(trip, sampleTypes)
    expect(problems.map((problem) => problem.pointer)).toEqual(['/nodes/flight'])
  })

  it('can be chosen where they have no wires and no other part in this', () => {
    expect(undoCandidates(trip, 'hotel', wired)).toEqual(['report'])
    expect(undoCandidates(trip, 'flight', wired)).toEqual(['cancel', 'report'])
    expect(undoCandidates(trip, 'cancel', wired)).toEqual([])
  })

  it('are followed by a rename, a paste and a removal', () => {
    const renamed = renameNode(trip, 'cancel', 'give_back')
    expect(renamed.nodes.flight?.policy).toEqual({ undo: 'give_back', timeout: '1m' })
    expect(renamed.policy).toBe(trip.policy)
    expect(renameNode(trip, 'report', 'tell').policy?.finally).toEqual(['tell', 'flight'])
    expect(renameNode(trip, 'flight', 'plane').policy?.on_failure).toBe('compensate')
    expect(removeNodes(trip, ['cancel']).nodes.flight?.policy).toEqual({ timeout: '1m' })
    const both = pasteFragment(trip, fragmentOf(trip, ['flight', 'cancel']), [0, 0]).document
    expect(both.nodes.flight_2?.policy?.undo).toBe('cancel_2')
    const alone = pasteFragment(trip, fragmentOf(trip, ['flight']), [0, 0]).document
    expect(alone.nodes.flight_2?.policy).toEqual({ timeout: '1m' })
    const elsewhere = { ...trip, name: 'other', nodes: {}, edges: [] }
    const moved = pasteFragment(elsewhere, fragmentOf(trip, ['flight', 'cancel']), [0, 0]).document
    expect(moved.nodes.flight?.policy?.undo).toBe('cancel')
  })

  it('stand below what they undo', () => {
    const ids = ['a', 'b', 'c', 'lonely', 'undo_b', 'undo_c', 'undo_lonely']
    const places = layoutGraph(
      ids,
      ['a -> b', 'a -> c'],
      new Map([
        ['undo_b', 'b'],
        ['undo_c', 'c'],
        ['undo_lonely', 'lonely'],
      ]),
    )
    const [b, c, undoB, undoC] = ['b', 'c', 'undo_b', 'undo_c'].map((id) => places[id] ?? [0, 0])
    expect([undoB?.[0], undoC?.[0]]).toEqual([b?.[0], c?.[0]])
    const bottom = Math.max(b?.[1] ?? 0, c?.[1] ?? 0) + NODE_HEIGHT
    expect(Math.min(undoB?.[1] ?? 0, undoC?.[1] ?? 0)).toBeGreaterThan(bottom)
    expect(places.undo_lonely?.[0]).toBe(places.lonely?.[0])
    expect(places.undo_lonely?.[1]).toBeGreaterThan(places.lonely?.[1] ?? 0)
    expect(new Set(ids.map((id) => String(places[id]))).size).toBe(ids.length)
  })
})

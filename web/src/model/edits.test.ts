import { describe, expect, it } from 'vitest'
import {
  addNode,
  connect,
  disconnect,
  freshId,
  idForType,
  insertOnEdge,
  moveNodes,
  removeNodes,
  setConfig,
  setDisabled,
  setTitle,
} from './edits'
import { sampleDocument as document } from './sample'

describe('edits', () => {
  it('adds a node on the grid under a fresh id', () => {
    expect(idForType(document, 'table.late')).toBe('late_2')
    const next = addNode(document, 'late_2', { type: 'table.sql' }, [101, 3])
    expect(next.nodes.late_2).toEqual({ type: 'table.sql' })
    expect(next.layout?.late_2).toEqual([104, 0])
    expect(next.nodes.flights).toBe(document.nodes.flights)
  })

  it('makes ids that the document accepts', () => {
    expect(freshId({}, '3d-plot')).toBe('_3d_plot')
    expect(freshId({ a: 1, a_2: 1 }, 'a_2')).toBe('a_3')
  })

  it('removes nodes with their edges and places', () => {
    const next = removeNodes(document, ['late'])
    expect(Object.keys(next.nodes)).toEqual(['flights', 'check'])
    expect(next.edges).toEqual([])
    expect(next.layout).not.toHaveProperty('late')
  })

  it('can join the neighbours of a removed node', () => {
    expect(removeNodes(document, ['late'], true).edges).toEqual(['flights -> check'])
  })

  it('connects once and disconnects, whatever the spelling', () => {
    const edge = { source: 'check', outlet: 'true', target: 'late', port: 'in' }
    const next = connect(document, edge)
    expect(next.edges.at(-1)).toBe('check.true -> late')
    expect(connect(next, edge)).toBe(next)
    expect(disconnect({ ...next, edges: ['check.true->late.in'] }, [edge]).edges).toEqual([])
    expect(disconnect(document, [edge])).toBe(document)
  })

  it('puts a node into an edge', () => {
    const edge = { source: 'flights', outlet: 'out', target: 'late', port: 'in' }
    const next = insertOnEdge(
      addNode(document, 'sort', { type: 'table.sort' }, [0, 0]),
      edge,
      'sort',
      'in',
      'out',
    )
    expect(next.edges).toEqual(['late -> check', 'flights -> sort', 'sort -> late'])
  })

  it('keeps the document when nothing changes, so that it stays clean', () => {
    expect(moveNodes(document, { late: [288, 0], gone: [1, 1] })).toBe(document)
    expect(setConfig(document, 'flights', { path: 'flights.csv' })).toBe(document)
    expect(setTitle(document, 'late', '  ')).toBe(document)
    expect(setDisabled(document, ['late'], false)).toBe(document)
  })

  it('takes empty settings out of the document', () => {
    expect(setConfig(document, 'flights', {}).nodes.flights).toEqual({ type: 'file.read@1' })
    const disabled = setDisabled(document, ['late', 'check'], true)
    expect(disabled.nodes.late?.disabled).toBe(true)
    expect(setDisabled(disabled, ['late'], false).nodes.late).not.toHaveProperty('disabled')
  })
})

import { describe, expect, it } from 'vitest'
import {
  firstFittingPort,
  fits,
  mainOutlet,
  outletOf,
  outletsOf,
  outletType,
  portOf,
  refuseWire,
} from './ports'
import { sampleDocument, sampleType, sampleTypes } from './sample'

const wire = (source: string, outlet: string, target: string, port: string) => ({
  source,
  outlet,
  target,
  port,
})

describe('ports', () => {
  it('fits by kind, and JSON by an overlapping type', () => {
    expect(fits({ kind: 'table' }, { kind: 'table' })).toBe(true)
    expect(fits({ kind: 'table' }, { kind: 'file' })).toBe(false)
    expect(fits({ kind: 'any' }, { kind: 'file' })).toBe(true)
    const json = (...types: string[]) => ({ kind: 'json' as const, schema: { type: types } })
    expect(fits(json('string', 'null'), json('string'))).toBe(true)
    expect(fits(json('string'), json('object'))).toBe(false)
    expect(fits(json('integer'), json('number'))).toBe(true)
    expect(fits({ kind: 'json' }, json('object'))).toBe(true)
  })

  it('says in words why a wire is refused', () => {
    const document = { ...sampleDocument, nodes: { ...sampleDocument.nodes, call: { type: 'http.request' } } }
    expect(refuseWire(document, sampleTypes, wire('call', 'out', 'late', 'in'))?.reason).toBe(
      'late needs a table, call gives JSON (object)',
    )
    expect(refuseWire(document, sampleTypes, wire('late', 'left', 'call', 'in'))?.code).toBe(
      'edge.unknown_outlet',
    )
    expect(refuseWire(document, sampleTypes, wire('late', 'out', 'check', 'other'))?.code).toBe(
      'edge.unknown_port',
    )
    expect(refuseWire(document, sampleTypes, wire('late', 'error', 'call', 'in'))).toBeNull()
  })

  it('follows the type through nodes that pass their input on', () => {
    expect(outletType(sampleDocument, sampleTypes, 'check', 'true').kind).toBe('table')
    const circle = { ...sampleDocument, edges: ['check.true -> check'] }
    expect(outletType(circle, sampleTypes, 'check', 'true').kind).toBe('any')
  })

  it('takes outlets from the settings where the type says so', () => {
    const type = sampleType('logic.switch', {
      dynamic_outlets: 'cases',
      outlets: [{ name: 'default', type: { kind: 'any' }, passthrough: true }],
    })
    expect(outletsOf(type, { cases: { tall: '{{ true }}' } }).map((outlet) => outlet.name)).toEqual([
      'tall',
      'default',
    ])
    expect(outletOf(type, 'tall', {})).toBeNull()
  })

  it('chooses the port a person would', () => {
    const join = sampleTypes.get('table.join')
    expect(join && firstFittingPort(join, { kind: 'table' })).toBe('in')
    expect(join && firstFittingPort(join, { kind: 'json' })).toBeNull()
    const any = sampleType('table.sql', { ports: [], any_port: true, any_port_type: { kind: 'table' } })
    expect(portOf(any, 'carriers')?.type.kind).toBe('table')
    const check = sampleTypes.get('logic.if')
    expect(check && mainOutlet(check)).toBe('true')
  })
})

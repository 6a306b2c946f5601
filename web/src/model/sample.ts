/** A small document and the node types it needs, shared by the tests of the editor. */

import { indexNodeTypes, type NodeType, type PortType } from './nodeType'
import type { WorkflowDocument } from './workflow'

const TABLE: PortType = { kind: 'table' }
const ANYTHING: PortType = { kind: 'any' }

export function sampleType(id: string, parts: Partial<NodeType> = {}): NodeType {
  return {
    id,
    version: 1,
    category: id.split('.')[0] ?? 'other',
    title: id,
    description: '',
    docs: '',
    icon: 'box',
    tags: [],
    ports: [{ name: 'in', type: TABLE, required: true }],
    any_port: false,
    any_port_type: null,
    outlets: [{ name: 'out', type: TABLE }],
    schema: { type: 'object', properties: {} },
    effect: 'none',
    summary_field: null,
    example: '',
    status: 'active',
    ...parts,
  }
}

const PASS = { type: ANYTHING, passthrough: true }

export const sampleTypes = indexNodeTypes([
  sampleType('file.read', { ports: [{ name: 'in', type: ANYTHING, required: false, implicit: true }] }),
  sampleType('table.sql', { summary_field: 'query' }),
  sampleType('table.join', {
    ports: [
      { name: 'in', type: TABLE, required: true },
      { name: 'right', type: TABLE, required: true },
    ],
  }),
  sampleType('logic.if', {
    ports: [{ name: 'in', type: ANYTHING, required: false }],
    outlets: [
      { name: 'true', ...PASS },
      { name: 'false', ...PASS },
    ],
  }),
  sampleType('flow.for_each', {
    ports: [{ name: 'in', type: ANYTHING, required: false }],
    container: 'each',
  }),
  sampleType('data.set', { ports: [{ name: 'in', type: ANYTHING, required: false, implicit: true }] }),
  sampleType('http.request', {
    ports: [{ name: 'in', type: ANYTHING, required: false, implicit: true }],
    outlets: [{ name: 'out', type: { kind: 'json', schema: { type: 'object' } } }],
  }),
])

export const sampleDocument: WorkflowDocument = {
  concertmaster: 1,
  name: 'flight-delays',
  nodes: {
    flights: { type: 'file.read@1', config: { path: 'flights.csv' } },
    late: { type: 'table.sql@1', config: { query: 'select * from input where month = {{ inputs.month }}' } },
    check: { type: 'logic.if@1', config: { condition: '{{ nodes.late.rows > 0 }}' } },
  },
  edges: ['flights -> late', 'late -> check'],
  layout: { flights: [0, 0], late: [288, 0], check: [576, 0] },
}

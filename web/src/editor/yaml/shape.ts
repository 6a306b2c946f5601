/** Whether a value has the shape of a document, as far as the canvas needs it to draw one; the server says the rest. */

import { yaml } from '~/i18n/en/yaml'
import { isObject } from '~/model/json'

export interface Misshapen {
  path: string[]
  message: string
}

const t = yaml.shape
const MAPS = [
  'labels',
  'inputs',
  'vars',
  'triggers',
  'outputs',
  'policy',
  'notes',
  'groups',
  'layout',
] as const

/** The first place that is not as it must be; null when all is well. */
export function misshapen(value: unknown): Misshapen | null {
  if (!isObject(value)) return { path: [], message: t.document }
  for (const key of MAPS) {
    if (value[key] !== undefined && !isObject(value[key])) return { path: [key], message: t.map(key) }
  }
  for (const [key, place] of Object.entries(isObject(value.layout) ? value.layout : {})) {
    const pair = Array.isArray(place) && place.length === 2 && place.every((one) => typeof one === 'number')
    if (!pair) return { path: ['layout', key], message: t.place(key) }
  }
  for (const key of ['title', 'description'] as const) {
    if (value[key] !== undefined && typeof value[key] !== 'string')
      return { path: [key], message: t.text(key) }
  }
  return graph(value, [])
}

function graph(value: Record<string, unknown>, at: string[]): Misshapen | null {
  const { nodes, edges } = value
  if (edges !== undefined && !(Array.isArray(edges) && edges.every((edge) => typeof edge === 'string')))
    return { path: [...at, 'edges'], message: t.edges }
  if (nodes === undefined) return null
  if (!isObject(nodes)) return { path: [...at, 'nodes'], message: t.map('nodes') }
  for (const [id, node] of Object.entries(nodes)) {
    const path = [...at, 'nodes', id]
    if (!isObject(node)) return { path, message: t.node(id) }
    if (typeof node.type !== 'string' || node.type === '') return { path, message: t.type(id) }
    for (const key of ['config', 'policy', 'body'] as const) {
      if (node[key] !== undefined && !isObject(node[key]))
        return { path: [...path, key], message: t.map(key) }
    }
    if (node.title !== undefined && typeof node.title !== 'string')
      return { path: [...path, 'title'], message: t.text('title') }
    if (isObject(node.body)) {
      const inner = graph(node.body, [...path, 'body'])
      if (inner) return inner
    }
  }
  return null
}

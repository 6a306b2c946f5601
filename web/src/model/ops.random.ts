/** Documents and edits by chance, the same for the same seed; for tests. */

import type { WorkflowDocument, WorkflowNode } from './workflow'

export type Random = (below: number) => number

/** Source: mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function seeded(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const NAMES = ['a', 'b', 'c', 'd', 'e']
const FIELDS = ['path', 'query', 'a/b', 'limit~1']

const pick = <T>(from: readonly T[], random: Random): T => from[random(from.length)] as T

function randomNode(random: Random, depth: number): WorkflowNode {
  const node: WorkflowNode = { type: pick(['file.read', 'table.sql', 'data.set'], random) }
  if (random(2)) node.config = { [pick(FIELDS, random)]: random(3), rows: [random(3)] }
  if (random(3) === 0) node.title = `Title ${random(3)}`
  if (depth < 2 && random(3) === 0)
    node.body = { nodes: { [`${pick(NAMES, random)}${depth}`]: randomNode(random, depth + 1) } }
  return node
}

export function randomDocument(random: Random): WorkflowDocument {
  let document: WorkflowDocument = { concertmaster: 1, name: 'flow', nodes: {}, edges: [] }
  for (let i = 0; i < 6; i += 1) document = randomEdit(document, random)
  return document
}

/** One thing that a person might do. */
export function randomEdit(document: WorkflowDocument, random: Random): WorkflowDocument {
  const id = pick(NAMES, random)
  const node = document.nodes[id]
  const edge = `${pick(NAMES, random)} -> ${id}`
  switch (random(8)) {
    case 0:
      return { ...document, nodes: { ...document.nodes, [id]: randomNode(random, 0) } }
    case 1: {
      const { [id]: _, ...nodes } = document.nodes
      return { ...document, nodes, edges: document.edges.filter((text) => !text.endsWith(` ${id}`)) }
    }
    case 2:
      return { ...document, edges: [...document.edges.filter((text) => text !== edge), edge] }
    case 3:
      return { ...document, edges: document.edges.filter((text) => text !== edge) }
    case 4:
      return { ...document, layout: { ...document.layout, [id]: [random(5), random(5)] } }
    case 5:
      return { ...document, title: `Flow ${random(4)}` }
    case 6: {
      if (!node) return document
      const config = {
        ...node.config,
        [pick(FIELDS, random)]: pick([1, 'x', null, { deep: random(3) }], random),
      }
      return { ...document, nodes: { ...document.nodes, [id]: { ...node, config } } }
    }
    default: {
      if (!node?.body) return document
      const inner = pick(NAMES, random)
      const body = {
        nodes: { ...node.body.nodes, [`${inner}9`]: randomNode(random, 2) },
        edges: [...new Set([...(node.body.edges ?? []), `${inner}9 -> ${pick(NAMES, random)}9`])],
      }
      return { ...document, nodes: { ...document.nodes, [id]: { ...node, body } } }
    }
  }
}

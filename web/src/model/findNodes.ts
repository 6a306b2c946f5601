/** Finding nodes of a workflow, those inside of containers too, by what a person knows of them. */

import type { BodyPath } from './bodies'
import { isObject, type Json } from './json'
import type { NodeTypes } from './nodeType'
import { noteKey, notesOf } from './notes'
import { nodeTitle, typeId, type WorkflowDocument, type WorkflowNode } from './workflow'

export interface ListedNode {
  /** Containers from the workflow down to the graph of the node. */
  path: BodyPath
  id: string
  node: WorkflowNode
  title: string
  /** Titles of the containers around it. */
  inside: readonly string[]
}

/** Every node, a container before what is inside of it, in document order. */
export function listNodes(nodes: WorkflowDocument['nodes']): ListedNode[] {
  const list: ListedNode[] = []
  const add = (of: WorkflowDocument['nodes'], path: BodyPath, inside: readonly string[]) => {
    for (const [id, node] of Object.entries(of)) {
      const title = nodeTitle(id, node)
      list.push({ path, id, node, title, inside })
      if (node.body?.nodes) add(node.body.nodes, [...path, id], [...inside, title])
    }
  }
  add(nodes, [], [])
  return list
}

/** Every note, at every depth, by the first line of its text; its key among nodes is its id here. */
export function listNotes(document: WorkflowDocument): ListedNode[] {
  return Object.entries(notesOf(document)).map(([key, note]) => {
    const path = key.split('/').slice(0, -1)
    const title =
      note.text
        .trim()
        .split('\n')[0]
        ?.replace(/^#+\s*/, '') ?? ''
    const node: WorkflowNode = { type: '', config: { text: note.text } }
    return { path, id: noteKey(key.slice(key.lastIndexOf('/') + 1)), node, title, inside: path }
  })
}

const textOf = new WeakMap<WorkflowNode, string>()

/** Everything a node says in its settings, in lower case. */
function settings(node: WorkflowNode): string {
  const known = textOf.get(node)
  if (known !== undefined) return known
  const parts: string[] = []
  const collect = (value: Json | undefined) => {
    if (typeof value === 'string' || typeof value === 'number') parts.push(String(value))
    else if (Array.isArray(value)) value.forEach(collect)
    else if (isObject(value)) {
      for (const [key, item] of Object.entries(value)) {
        parts.push(key)
        collect(item)
      }
    }
  }
  collect(node.config)
  const text = parts.join('\n').toLowerCase()
  textOf.set(node, text)
  return text
}

/** 0 when a word is nowhere; else the lower, the better: title, id, type, settings. */
function rank({ title, id, node }: ListedNode, words: readonly string[], typeTitle: string): number {
  const [name, key, type] = [title.toLowerCase(), id.toLowerCase(), typeId(node.type).toLowerCase()]
  let worst = 1
  for (const word of words) {
    const at = name.startsWith(word)
      ? 1
      : name.includes(word) || key.includes(word)
        ? 2
        : type.includes(word) || typeTitle.includes(word)
          ? 3
          : settings(node).includes(word)
            ? 4
            : 0
    if (at === 0) return 0
    worst = Math.max(worst, at)
  }
  return worst
}

/** The nodes that have every word of the query, the best first; all of them without one. */
export function findNodes(list: readonly ListedNode[], query: string, types: NodeTypes): ListedNode[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return [...list]
  return list
    .map((item) => {
      const typeTitle = types.get(typeId(item.node.type))?.title.toLowerCase() ?? ''
      return { item, rank: rank(item, words, typeTitle) }
    })
    .filter((hit) => hit.rank > 0)
    .sort((left, right) => left.rank - right.rank)
    .map((hit) => hit.item)
}

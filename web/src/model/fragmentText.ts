/** Copied nodes as text: YAML of a small document, so that they paste into another instance and into a file. */

import { Document, isMap, parseDocument } from 'yaml'
import type { Fragment } from './clipboard'
import { isObject } from './json'
import { groupsOf, notesOf } from './notes'
import { type Position, typeId, type WorkflowDocument, type WorkflowNode } from './workflow'

export function writeFragment({ nodes, edges, layout, notes, groups }: Fragment): string {
  const filled = Object.entries({ nodes, edges, notes, groups, layout }).filter(([, part]) => !isEmpty(part))
  const value = Object.fromEntries(filled)
  const document = new Document({ concertmaster: 1, ...value }, { aliasDuplicateObjects: false })
  const places = document.get('layout')
  // A place is two numbers: they stand on one line, as the server writes them.
  if (isMap(places)) for (const { value: place } of places.items) if (isObject(place)) place.flow = true
  return document.toString({ lineWidth: 120 })
}

const isEmpty = (part: object): boolean => Object.keys(part).length === 0

/** The value that a text is in YAML, of which JSON is a part; undefined when it is neither. */
function parse(text: string): unknown {
  const document = parseDocument(unfenced(text), { logLevel: 'silent' })
  if (document.errors.length > 0) return undefined
  try {
    // Aliases are counted, so that a small text can't become a huge value.
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    return undefined
  }
}

/** Text out of a chat or an issue stands between fences, and may be indented. */
function unfenced(text: string): string {
  const fenced = /^\s*```[a-z]*\n([\s\S]*?)\n\s*```\s*$/.exec(text)
  return fenced?.[1] ?? text
}

function readNodes(raw: unknown): Record<string, WorkflowNode> | null {
  if (!isObject(raw)) return null
  const nodes: Record<string, WorkflowNode> = {}
  for (const [id, node] of Object.entries(raw)) {
    if (!isObject(node) || typeof node.type !== 'string' || typeId(node.type) === '') return null
    nodes[id] = node as unknown as WorkflowNode
  }
  return Object.keys(nodes).length === 0 ? null : nodes
}

/**
 * The nodes in a text: what `writeFragment` wrote, a whole workflow document, or the nodes of one by themselves; as
 * YAML or JSON. Null when the text is none of these (then it is not ours to paste).
 */
export function readFragment(text: string): Fragment | null {
  const raw = parse(text)
  if (!isObject(raw)) return null
  const notes = notesOf(raw as Pick<WorkflowDocument, 'notes'>)
  const noted = raw.nodes === undefined && raw.concertmaster !== undefined && !isEmpty(notes)
  const whole = noted ? {} : readNodes(raw.nodes)
  const nodes = whole ?? readNodes(raw)
  if (!nodes) return null
  const edges = whole && Array.isArray(raw.edges) ? raw.edges.filter((edge) => typeof edge === 'string') : []
  const layout: Record<string, Position> = {}
  for (const [id, place] of Object.entries(whole && isObject(raw.layout) ? raw.layout : {})) {
    if (Array.isArray(place) && typeof place[0] === 'number' && typeof place[1] === 'number')
      layout[id] = [place[0], place[1]]
  }
  const groups = whole ? groupsOf(raw as Pick<WorkflowDocument, 'groups'>) : {}
  return { nodes, edges, layout, notes: whole ? notes : {}, groups }
}

/**
 * The document as text that a person edits: read, changed place by place so that comments and order stay, and searched
 * for the places of pointers. Parsing 1 MB takes a second or two, so the editor does all of it in a worker.
 */

import {
  Document,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml'
import { isObject } from '~/model/json'
import type { Change } from '~/model/ops'
import type { WorkflowDocument } from '~/model/workflow'
import { misshapen } from './shape'

export type ReadText =
  | { ok: true; document: WorkflowDocument }
  /** `line` counts from 1. */
  | { ok: false; line: number; message: string }

export interface Place {
  from: number
  to: number
}

const TOP = [
  'concertmaster',
  'name',
  'title',
  'description',
  'labels',
  'inputs',
  'vars',
  'triggers',
  'nodes',
  'edges',
  'outputs',
  'policy',
  'notes',
  'groups',
  'layout',
]
const WRITE = { lineWidth: 0, flowCollectionPadding: false } as const
const EDGE = /^(.*\/edges)\/([^/]*)$/
/** A pair of numbers stands on one line. */
const isPlace = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value.every((one) => typeof one === 'number')

/** The text of a document, as it is written where there is none yet. */
export function writeText(document: WorkflowDocument): string {
  const sorted = Object.fromEntries(
    TOP.flatMap((key) => {
      const value = document[key as keyof WorkflowDocument]
      return value === undefined || (isObject(value) && Object.keys(value).length === 0) ? [] : [[key, value]]
    }),
  )
  const made = new Document(sorted, { aliasDuplicateObjects: false })
  inline(made.contents)
  return made.toString(WRITE)
}

function inline(node: unknown): void {
  if (!isCollection(node)) return
  for (const item of node.items) inline(isPair(item) ? item.value : item)
  if (
    isSeq(node) &&
    node.items.length === 2 &&
    node.items.every((one) => isScalar(one) && typeof one.value === 'number')
  )
    node.flow = true
}

/** What a text says. `name` is that of the workflow, which a text can't change. */
export function readText(text: string, name: string): ReadText {
  const { document, lines } = parsed(text)
  const [error] = document.errors
  if (error) {
    const message = error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? ''
    return { ok: false, line: lines.linePos(error.pos[0]).line, message }
  }
  let value: unknown
  try {
    // Aliases are counted, so that a small text can't become a huge value.
    value = document.toJS({ maxAliasCount: 100 })
  } catch (problem) {
    return { ok: false, line: 1, message: problem instanceof Error ? problem.message : String(problem) }
  }
  const wrong = misshapen(value)
  if (wrong) {
    const place = placeOf(document, wrong.path, text)
    return { ok: false, line: place ? lines.linePos(place.from).line : 1, message: wrong.message }
  }
  const raw = value as Partial<WorkflowDocument>
  return {
    ok: true,
    document: {
      ...raw,
      concertmaster: raw.concertmaster ?? 1,
      name,
      nodes: raw.nodes ?? {},
      edges: raw.edges ?? [],
    },
  }
}

/**
 * The text after some changes of the document. What a person wrote around them stays: comments, blank lines, order,
 * quotes. Where a change can't be made in place (inside of an alias) all of it is written anew.
 */
export function patchText(text: string, changes: readonly Change[], to: WorkflowDocument): string {
  const { document } = parsed(text)
  try {
    if (document.errors.length > 0) return writeText(to)
    for (const one of changes) change(document, one)
  } catch {
    forget()
    return writeText(to)
  }
  const next = document.toString(WRITE)
  forget()
  return next
}

function change(document: Document, { path, after }: Change): void {
  const edge = EDGE.exec(path)
  if (edge?.[1] !== undefined && edge[2] !== undefined) {
    changeEdge(document, segments(edge[1]), segments(`/${edge[2]}`)[0] ?? '', after !== undefined)
    return
  }
  const place = segments(path)
  if (place.length === 0) throw new Error('the whole is written anew')
  if (after === undefined) {
    document.deleteIn(place)
    dropEmpty(document, place.slice(0, -1))
    return
  }
  const above = place.slice(0, -1)
  const holder = above.length === 0 ? document.contents : document.getIn(above, true)
  // `config:` without anything is null, into which nothing can be put.
  if (above.length > 0 && !isMap(holder)) document.setIn(above, document.createNode({}))
  const isNew = place.length === 1 && !document.has(place[0])
  if (typeof after === 'object' && after !== null) {
    const made = document.createNode(after, { aliasDuplicateObjects: false })
    if (isPlace(after)) inline(made)
    else for (const item of isCollection(made) ? made.items : []) inline(isPair(item) ? item.value : item)
    document.setIn(place, made)
  } else document.setIn(place, after)
  if (isNew && isMap(document.contents)) order(document.contents, place[0] ?? '')
}

function changeEdge(document: Document, place: string[], edge: string, present: boolean): void {
  const list = document.getIn(place, true)
  if (!isSeq(list)) {
    if (present) document.setIn(place, document.createNode([edge]))
    if (present && place.length === 1 && isMap(document.contents)) order(document.contents, 'edges')
    return
  }
  const at = list.items.findIndex((item) => isScalar(item) && item.value === edge)
  if (present && at < 0) list.add(document.createNode(edge))
  if (!present && at >= 0) list.delete(at)
  if (list.items.length === 0) {
    document.deleteIn(place)
    dropEmpty(document, place.slice(0, -1))
  }
}

/** Maps that only hold others go with the last of them; a node stays. */
function dropEmpty(document: Document, place: string[]): void {
  if (place.length === 0 || place.at(-1) === 'nodes') return
  const holder = document.getIn(place, true)
  const within = place.length === 1 || ['config', 'policy', 'body'].includes(place.at(-1) ?? '')
  if (within && isMap(holder) && holder.items.length === 0) document.deleteIn(place)
}

/** A key at the top that has just come stands where it belongs. */
function order(top: YAMLMap, key: string): void {
  const at = top.items.findIndex((pair) => keyOf(pair) === key)
  const [pair] = top.items.splice(at, 1)
  const rank = TOP.indexOf(key)
  const before = top.items.findIndex((other) => TOP.indexOf(String(keyOf(other))) > rank)
  if (pair) top.items.splice(before < 0 ? top.items.length : before, 0, pair)
}

const keyOf = (pair: Pair): unknown => (isScalar(pair.key) ? pair.key.value : pair.key)

/** Where pointers stand in a text: the key, or the value of a list. The nearest place around one that is not there. */
export function locate(text: string, pointers: readonly string[]): (Place | null)[] {
  const { document } = parsed(text)
  return pointers.map((pointer) => placeOf(document, segments(pointer), text))
}

function placeOf(document: Document, path: readonly string[], text: string): Place | null {
  let node: unknown = document.contents
  let found: Place | null = null
  const line = (from: number): Place => {
    const end = text.indexOf('\n', from)
    return { from, to: end < 0 ? text.length : end }
  }
  for (const segment of path) {
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find((one) => String(keyOf(one)) === segment)
      if (!pair) break
      if (isNode(pair.key) && pair.key.range) found = line(pair.key.range[0])
      node = pair.value
    } else if (isSeq(node)) {
      // By its number, or by what it says.
      const said = node.items.find((one) => isScalar(one) && one.value === segment)
      const item: unknown = said ?? node.items[Number(segment)]
      if (!isNode(item) || !item.range) break
      found = line(item.range[0])
      node = item
    } else break
  }
  return found
}

/** The path of keys around an offset, from the top down. */
export function pathAt(text: string, offset: number): string[] {
  const { document } = parsed(text)
  const path: string[] = []
  let node: unknown = document.contents
  while (isMap(node)) {
    let found: Pair | undefined
    for (const pair of node.items) {
      if (isNode(pair.key) && pair.key.range && pair.key.range[0] <= offset) found = pair
      else break
    }
    if (!found) break
    path.push(String(keyOf(found)))
    node = found.value
  }
  return path
}

let last: { text: string; document: Document.Parsed; lines: LineCounter } | null = null

/** The text parsed last is kept: it is asked about again and again. */
function parsed(text: string): { document: Document.Parsed; lines: LineCounter } {
  if (last?.text === text) return last
  const lines = new LineCounter()
  last = { text, lines, document: parseDocument(text, { lineCounter: lines, logLevel: 'silent' }) }
  return last
}

/** What was changed is no longer what its text says. */
const forget = () => {
  last = null
}

const segments = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))

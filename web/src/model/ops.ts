/**
 * Operations: what changed in a document, place by place, so that edits of several people can be brought together.
 *
 * A place is a JSON pointer. An operation tells what was there and what is there now; either may be left out, for a
 * place that did not or does not exist. It applies where the place still holds `before` (or `after` already), and is a
 * conflict anywhere else. Objects are walked into; a node that comes or goes, a list and a scalar are one value.
 * The edges of a graph are a set: each is a place of its own, which holds `true`.
 */

import { escapeSegment, isObject, type Json, sameJson } from './json'
import type { WorkflowDocument } from './workflow'

export interface Change {
  path: string
  before?: Json
  after?: Json
}

/** A change with a name, so that it counts once however often it is sent. */
export interface Operation extends Change {
  id: string
}

export interface Collision<C extends Change = Operation> {
  change: C
  /** What is there instead of `before`; left out where the place is gone. */
  theirs?: Json
}

/** A graph: the root, or the body of a container. */
const GRAPH = '(?:/nodes/[^/]+/body)*'
const EDGES = new RegExp(`^${GRAPH}/edges$`)
/** Places that are made when something is put into them; empty, they are as if they were not there. */
const FRAME = new RegExp(
  `^(?:/(?:labels|inputs|vars|triggers|outputs|policy)|${GRAPH}(?:/(?:nodes|edges|layout|notes|groups)|/nodes/[^/]+/(?:config|policy|body)))$`,
)

/** What leads from one document to another; none when they are the same. */
export function diff(from: WorkflowDocument, to: WorkflowDocument): Change[] {
  return differences('', from as unknown as Json, to as unknown as Json)
}

function differences(path: string, from: Json | undefined, to: Json | undefined): Change[] {
  if (from === to) return []
  if (EDGES.test(path)) return edgeDifferences(path, from, to)
  const frame = path === '' || FRAME.test(path)
  const before = from === undefined && frame ? {} : from
  const after = to === undefined && frame ? {} : to
  if (!isObject(before) || !isObject(after)) return sameJson(before, after) ? [] : [change(path, from, to)]
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
    before[key] === after[key] ? [] : differences(`${path}/${escapeSegment(key)}`, before[key], after[key]),
  )
}

function edgeDifferences(path: string, from: Json | undefined, to: Json | undefined): Change[] {
  const [before, after] = [edgeSet(from), edgeSet(to)]
  const place = (edge: string) => `${path}/${escapeSegment(edge)}`
  return [
    ...[...before].filter((edge) => !after.has(edge)).map((edge) => change(place(edge), true, undefined)),
    ...[...after].filter((edge) => !before.has(edge)).map((edge) => change(place(edge), undefined, true)),
  ]
}

const edgeSet = (edges: Json | undefined): ReadonlySet<string> => new Set(edges as string[] | undefined)

function change(path: string, before: Json | undefined, after: Json | undefined): Change {
  const made: Change = { path }
  if (before !== undefined) made.before = before
  if (after !== undefined) made.after = after
  return made
}

/** The change that takes it back. */
export function inverse({ path, before, after }: Change): Change {
  return change(path, after, before)
}

/** Several that were made in this order, taken back in the other. */
export const inverses = (changes: readonly Change[]): Change[] => changes.map(inverse).reverse()

/** Apply what can be; the rest collides. */
export function apply<C extends Change>(
  document: WorkflowDocument,
  changes: readonly C[],
): { document: WorkflowDocument; collisions: Collision<C>[] } {
  const collisions: Collision<C>[] = []
  let next = document as unknown as Json
  for (const one of changes) {
    const here = valueAt(next, one.path)
    if (one.after !== undefined && !hasRoom(next, one.path)) collisions.push({ change: one })
    else if (same(one.path, here, one.before)) next = put(next, segments(one.path), one.after, '')
    else if (!same(one.path, here, one.after)) {
      collisions.push(here === undefined ? { change: one } : { change: one, theirs: here })
    }
  }
  return { document: next as unknown as WorkflowDocument, collisions }
}

/** What stands at a place; undefined for nothing. */
export function valueAt(document: Json, path: string): Json | undefined {
  let at: Json | undefined = document
  let place = ''
  for (const segment of segments(path)) {
    if (EDGES.test(place)) at = Array.isArray(at) && at.includes(segment) ? true : undefined
    else at = isObject(at) && Object.hasOwn(at, segment) ? at[segment] : undefined
    place = `${place}/${escapeSegment(segment)}`
  }
  return at
}

/** Whether something can stand at a place: what surrounds it is there, or is made for it. Nodes are not. */
function hasRoom(document: Json, path: string): boolean {
  let at: Json | undefined = document
  let place = ''
  for (const segment of segments(path)) {
    if (EDGES.test(place)) return at === undefined || Array.isArray(at)
    if (at === undefined) {
      if (!FRAME.test(place)) return false
    } else if (!isObject(at)) return false
    at = isObject(at) && Object.hasOwn(at, segment) ? at[segment] : undefined
    place = `${place}/${escapeSegment(segment)}`
  }
  return true
}

function put(at: Json | undefined, [first, ...rest]: string[], value: Json | undefined, place: string): Json {
  if (first === undefined) return value as Json
  if (EDGES.test(place)) {
    const others = Array.isArray(at) ? at.filter((edge) => edge !== first) : []
    return value === undefined ? others : [...others, first]
  }
  const object = isObject(at) ? at : {}
  if (rest.length === 0 && value === undefined) {
    const { [first]: _, ...others } = object
    return others
  }
  return { ...object, [first]: put(object[first], rest, value, `${place}/${escapeSegment(first)}`) }
}

const same = (path: string, left: Json | undefined, right: Json | undefined): boolean =>
  differences(path, left, right).length === 0

const segments = (path: string): string[] =>
  path === ''
    ? []
    : path
        .slice(1)
        .split('/')
        .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))

/** Join changes of the same place that follow one another; what comes back to where it was falls away. */
export function compact<C extends Change>(changes: readonly C[]): C[] {
  const joined: C[] = []
  const places = new Map<string, number>()
  for (const one of changes) {
    const index = places.get(one.path)
    // Anything above or below it in between makes the order matter.
    const known = index === undefined ? undefined : joined[index]
    if (
      index === undefined ||
      !known ||
      joined.slice(index + 1).some((other) => touches(other.path, one.path))
    ) {
      places.set(one.path, joined.push(one) - 1)
      continue
    }
    const { before: _before, after: _after, ...rest } = known
    joined[index] = { ...rest, ...change(one.path, known.before, one.after) } as C
  }
  return joined.filter((one) => !same(one.path, one.before, one.after))
}

const touches = (left: string, right: string): boolean =>
  left === right || left.startsWith(`${right}/`) || right.startsWith(`${left}/`)

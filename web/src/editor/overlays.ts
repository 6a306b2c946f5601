/** What is drawn over the cards, by place: differences to another version, and who else is there. Pure. */

import type { ShownChange, Visitor } from '~/canvas/marks'
import type { DocumentDiff } from '~/model/diff'
import type { Json } from '~/model/json'
import type { Change } from '~/model/ops'

const LONGEST = 60

function shown(value: Json | undefined): string {
  if (value === undefined) return '–'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

const told = ({ path, before, after }: Change): string =>
  `${path
    .slice(1)
    .replace(/^config\//, '')
    .replaceAll('/', '.')}: ${shown(before)} → ${shown(after)}`

/** The containers around a place, from the outermost in. */
function around(place: string): string[] {
  const steps = place.split('/').slice(0, -1)
  return steps.map((_, depth) => steps.slice(0, depth + 1).join('/'))
}

/** Changes of nodes by their places, of wires by their texts. */
export function changesOf({ nodes, edges, moved }: DocumentDiff): ReadonlyMap<string, ShownChange> {
  const changes = new Map<string, ShownChange>()
  for (const place of [...nodes.keys(), ...edges.keys(), ...moved]) {
    for (const container of around(place)) changes.set(container, { kind: 'inside', told: [] })
  }
  for (const place of moved) changes.set(place, { kind: 'moved', told: [] })
  for (const [place, { kind, fields }] of nodes) changes.set(place, { kind, told: fields.map(told) })
  for (const [place, kind] of edges) changes.set(place, { kind, told: [] })
  return changes
}

interface Somebody extends Visitor {
  node: string | null
  path: readonly string[]
}

/** Who has chosen which node; on a container those who are inside, too. */
export function visitorsOf(people: readonly Somebody[]): ReadonlyMap<string, readonly Visitor[]> {
  const found = new Map<string, Visitor[]>()
  for (const { client, name, node, path } of people) {
    const place = [...path, ...(node === null ? [] : [node])].join('/')
    const places = node === null ? around(`${place}/`) : [...around(place), place]
    for (const one of new Set(places)) {
      if (one !== '') found.set(one, [...(found.get(one) ?? []), { client, name }])
    }
  }
  return found
}

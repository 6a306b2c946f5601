/** Which lines of a list are ticked; ranges reach from `anchor`, the line that was touched last. */
export interface Selection {
  readonly ids: ReadonlySet<string>
  readonly anchor: string | null
}

export const NOTHING: Selection = { ids: new Set(), anchor: null }

/** The line ticked, or no longer. */
export function toggled({ ids }: Selection, id: string): Selection {
  const next = new Set(ids)
  if (!next.delete(id)) next.add(id)
  return { ids: next, anchor: id }
}

/** Every line from the anchor to `id` as well, in the order of `all`; the line alone where there is no anchor. */
export function extended({ ids, anchor }: Selection, all: readonly string[], id: string): Selection {
  const to = all.indexOf(id)
  if (to < 0) return { ids, anchor }
  const from = anchor === null ? -1 : all.indexOf(anchor)
  const [first, last] = from < 0 ? [to, to] : from < to ? [from, to] : [to, from]
  return { ids: new Set([...ids, ...all.slice(first, last + 1)]), anchor: from < 0 ? id : anchor }
}

/** All of them, or none where all were. */
export function allOrNone({ ids }: Selection, all: readonly string[]): Selection {
  return all.length > 0 && all.every((id) => ids.has(id)) ? NOTHING : { ids: new Set(all), anchor: null }
}

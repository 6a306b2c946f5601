/** Where in the loops of a run one looks: `each.3/inner.0` in the address, outermost first. */

export interface LoopItem {
  /** The container in the graph around. */
  node: string
  index: number
}

export type ItemPlace = readonly LoopItem[]

const STEP = /^([A-Za-z_][A-Za-z0-9_]*)\.(\d{1,9})$/

/** Nothing that cannot be read breaks the page: it ends the place. */
export function parsePlace(text: string | undefined): ItemPlace {
  const place: LoopItem[] = []
  for (const step of text?.split('/') ?? []) {
    const match = STEP.exec(step)
    if (!match) break
    place.push({ node: match[1] ?? '', index: Number(match[2]) })
  }
  return place
}

export const formatPlace = (place: ItemPlace): string | undefined =>
  place.length === 0 ? undefined : place.map(({ node, index }) => `${node}.${index}`).join('/')

/** How REST names a container within a place: `{node: "each.inner", path: "3"}`. */
export const addressOf = (place: ItemPlace, node: string): { node: string; path: string } => ({
  node: [...place.map((step) => step.node), node].join('.'),
  path: place.map((step) => step.index).join('.'),
})

/**
 * What a tab has not had acknowledged, kept in the browser under the tab's own name until it is.
 *
 * A tab that is gone leaves its entry behind, and the next that opens the workflow takes it over. A living tab holds a
 * lock of its name. Without locks (plain HTTP to another machine) entries of living tabs are taken over too, which
 * does no harm: an operation counts once, whoever sends it.
 */

import type { Kept } from './session'

const prefix = (workflow: string) => `concertmaster.edits.${workflow}/`
const lockOf = (client: string) => `concertmaster.tab.${client}`

/** False when the browser refuses (full, private): then leaving the page must ask. */
export function keep(workflow: string, client: string, kept: Kept): boolean {
  const key = prefix(workflow) + client
  try {
    if (kept.queue.length + kept.collisions.length === 0) localStorage.removeItem(key)
    else localStorage.setItem(key, JSON.stringify(kept))
    return true
  } catch {
    return false
  }
}

/** Show that this tab lives, until the page is gone. */
export function stayAlive(client: string): void {
  void navigator.locks?.request(lockOf(client), () => new Promise(() => undefined))
}

/** Take what tabs that are gone have left behind. */
export async function takeOrphans(workflow: string): Promise<Kept> {
  const alive = await living()
  const found: { queue: Kept['queue'][number][]; collisions: Kept['collisions'][number][] } = {
    queue: [],
    collisions: [],
  }
  for (const key of entries(workflow)) {
    if (alive.has(lockOf(key.slice(prefix(workflow).length)))) continue
    const kept = read(key)
    found.queue.push(...(kept?.queue ?? []))
    found.collisions.push(...(kept?.collisions ?? []))
  }
  return found
}

/** Forget the entries of tabs that are gone, once what they held is kept by this one. */
export async function dropOrphans(workflow: string, self: string): Promise<void> {
  const alive = await living()
  for (const key of entries(workflow)) {
    const client = key.slice(prefix(workflow).length)
    if (client !== self && !alive.has(lockOf(client))) localStorage.removeItem(key)
  }
}

async function living(): Promise<ReadonlySet<string>> {
  const locks = await navigator.locks?.query()
  return new Set(locks?.held?.flatMap(({ name }) => name ?? []))
}

function entries(workflow: string): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix(workflow)))
  } catch {
    return []
  }
}

function read(key: string): Kept | null {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? 'null') as Kept | null
    return Array.isArray(kept?.queue) && Array.isArray(kept.collisions) ? kept : null
  } catch {
    return null
  }
}

/** Which containers of a workflow a person has open in place: kept in this browser, never in the document. */

const PREFIX = 'concertmaster.frames.'

/** Places of the containers (`container/node`); nothing where nothing that can be read is kept. */
export function openFramesOf(workflow: string): ReadonlySet<string> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(PREFIX + workflow) ?? '[]')
    return new Set(Array.isArray(kept) ? kept.filter((place) => typeof place === 'string') : [])
  } catch {
    return new Set()
  }
}

export function keepOpenFrames(workflow: string, frames: ReadonlySet<string>): void {
  try {
    if (frames.size === 0) localStorage.removeItem(PREFIX + workflow)
    else localStorage.setItem(PREFIX + workflow, JSON.stringify([...frames]))
  } catch {
    // Storage that is full or switched off: they are closed after the next visit.
  }
}

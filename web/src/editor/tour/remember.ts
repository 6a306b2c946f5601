/** Whether this browser has seen the first steps. */

const KEY = 'cm-tour'

export function rememberTour(): void {
  try {
    localStorage.setItem(KEY, 'done')
  } catch {
    // Private: they are offered again.
  }
}

/** True also where nothing can be kept, so that they do not come back for ever. */
export function knowsTour(): boolean {
  try {
    return localStorage.getItem(KEY) !== null
  } catch {
    return true
  }
}

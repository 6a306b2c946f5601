/** Between instants and what `<input type="datetime-local">` holds: local time without a zone. */

const two = (value: number): string => String(value).padStart(2, '0')

export function localOf(at: number): string {
  const date = new Date(at)
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`
}

/** ISO 8601 in UTC; null while it is not filled in. */
export function instantOf(local: string): string | null {
  const at = Date.parse(local)
  return local === '' || Number.isNaN(at) ? null : new Date(at).toISOString()
}

export const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0)

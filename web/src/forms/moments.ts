/** Moments between the document (ISO 8601 with an offset) and a picker of local time. Pure but for the zone. */

const two = (number: number): string => String(number).padStart(2, '0')

/** `2026-03-01T08:30:00+02:00` as the picker shows it here; null for what is no moment. */
export function toLocal(text: string): string | null {
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(text)) return null
  const at = new Date(text.replace(' ', 'T'))
  if (Number.isNaN(at.getTime())) return null
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

/** What the picker holds as a moment with the offset of this place at that time. */
export function fromLocal(text: string): string {
  const at = new Date(text)
  if (Number.isNaN(at.getTime())) return text
  const minutes = -at.getTimezoneOffset()
  const away = Math.abs(minutes)
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(away / 60))}:${two(away % 60)}`
  return `${text.length === 16 ? `${text}:00` : text.slice(0, 19)}${offset}`
}

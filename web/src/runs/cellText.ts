const MIDNIGHT = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.0+)?(Z|[+-]\d{2}:\d{2})?$/

/** A value of a table cell as text: dates without the T, nested values as JSON. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') {
    const time = MIDNIGHT.exec(value)
    return time ? `${time[1]} ${time[2]}${time[3] && time[3] !== 'Z' ? ` ${time[3]}` : ''}` : value
  }
  if (typeof value === 'object') return JSON.stringify(value)
  return String(value)
}

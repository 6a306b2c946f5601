const MIDNIGHT = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.0+)?(Z|[+-]\d{2}:\d{2})?$/

/** Its zeros at the end are those of the type, 18 after any computation. */
const plainDecimal = (text: string): string => (/^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, '') : text)

/** A value of a table cell as text: dates without the T, nested values as JSON, decimals without zeros at the end. */
export function cellText(value: unknown, type = ''): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') {
    if (type.startsWith('decimal')) return plainDecimal(value)
    const time = MIDNIGHT.exec(value)
    return time ? `${time[1]} ${time[2]}${time[3] && time[3] !== 'Z' ? ` ${time[3]}` : ''}` : value
  }
  if (typeof value === 'object') return JSON.stringify(value)
  return String(value)
}

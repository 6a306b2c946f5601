/** A value as programs read it back: nothing is empty, and what is nested is JSON. */
export function plainText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

const quoted = (text: string): string => (/[\t\r\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** Rows as spreadsheets paste them: tabs between cells, and quotes around what has tabs or line ends in it. */
export const tsv = (rows: readonly (readonly unknown[])[]): string =>
  rows.map((row) => row.map((value) => quoted(plainText(value))).join('\t')).join('\n')

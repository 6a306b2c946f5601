/** What the URL of the gallery holds, read defensively. */
export interface TemplatesSearch {
  q?: string
  category?: string
  /** The one that is looked at. */
  show?: string
}

export function parseTemplatesSearch(raw: Record<string, unknown>): TemplatesSearch {
  const text = (key: string): string | undefined => {
    const value = raw[key]
    if (typeof value === 'number') return String(value)
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  return { q: text('q'), category: text('category'), show: text('show') }
}

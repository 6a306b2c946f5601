/** What the URL of the settings holds, read defensively. */
export interface SettingsSearch {
  view?: 'operations' | 'audit'
  actor?: string
  action?: string
  target?: string
}

export function parseSettingsSearch(raw: Record<string, unknown>): SettingsSearch {
  const text = (key: string): string | undefined => {
    const value = raw[key]
    if (typeof value === 'number') return String(value)
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const view = raw.view === 'operations' || raw.view === 'audit' ? raw.view : undefined
  return { view, actor: text('actor'), action: text('action'), target: text('target') }
}

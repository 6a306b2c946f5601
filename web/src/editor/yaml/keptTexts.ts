/** Texts that could not be applied when they were left: kept in this tab of the browser, a reload included. */

import { isObject } from '~/model/json'
import type { KeptText } from './textSync'

const keyOf = (workflow: string) => `concertmaster.yaml.${workflow}`

export function keepText(workflow: string, kept: KeptText | null): void {
  try {
    if (kept) sessionStorage.setItem(keyOf(workflow), JSON.stringify(kept))
    else sessionStorage.removeItem(keyOf(workflow))
  } catch {
    // Full, or private: the text lives as long as the page.
  }
}

export function keptText(workflow: string): KeptText | null {
  try {
    const raw: unknown = JSON.parse(sessionStorage.getItem(keyOf(workflow)) ?? 'null')
    return isObject(raw) && typeof raw.text === 'string' && isObject(raw.base)
      ? (raw as unknown as KeptText)
      : null
  } catch {
    return null
  }
}

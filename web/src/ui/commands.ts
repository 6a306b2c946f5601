/** Commands of the page that is open, for the command palette of the shell. */

import type { ReactNode } from 'react'

export interface Command {
  id: string
  label: string
  description?: string
  keywords?: readonly string[]
  icon?: ReactNode
  /** Keys that do the same, as text. */
  keys?: string
  run(): void
}

export interface CommandGroup {
  title: string
  commands: readonly Command[]
}

type Source = () => readonly CommandGroup[]

const sources = new Set<Source>()

/** Offer commands until the returned function is called. The source is asked each time the palette opens. */
export function registerCommands(source: Source): () => void {
  sources.add(source)
  return () => {
    sources.delete(source)
  }
}

export const registeredCommands = (): CommandGroup[] => [...sources].flatMap((source) => source())

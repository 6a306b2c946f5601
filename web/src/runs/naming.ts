import { createContext, useContext } from 'react'

/** How expressions name the value that is shown. */
export interface Naming {
  /** `input`, `nodes.read`, `item`. */
  root: string
  /** Parts of it can be put into the fields of a form on the page. */
  insert: boolean
}

/** Null where data is only looked at. */
export const NamingContext = createContext<Naming | null>(null)

export const useNaming = (): Naming | null => useContext(NamingContext)

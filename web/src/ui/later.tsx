import { type ComponentType, useEffect, useState } from 'react'

/** A part of a page whose code comes later; `fetch` asks for it before it is shown. */
export interface Later<Props> {
  (props: Props): React.ReactNode
  fetch(): Promise<void>
}

/**
 * A component whose code is fetched when it is first shown, or before: then it is there at once.
 *
 * No `Suspense`: that holds back what has arrived for as long as 300 ms. Code that cannot be fetched is an error of the
 * page, which offers to load it again.
 */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>): Later<Props> {
  let Part: ComponentType<Props> | null = null
  let loading: Promise<void> | null = null
  const fetch = () => {
    loading ??= load().then(
      (loaded) => {
        Part = loaded
      },
      (error: unknown) => {
        loading = null
        throw error
      },
    )
    return loading
  }
  function LaterPart(props: Props) {
    const [, setArrived] = useState(Part !== null)
    const [failure, setFailure] = useState<unknown>(null)
    useEffect(() => {
      if (!Part) fetch().then(() => setArrived(true), setFailure)
    }, [])
    if (failure !== null) throw failure
    return Part ? <Part {...props} /> : null
  }
  return Object.assign(LaterPart, { fetch })
}

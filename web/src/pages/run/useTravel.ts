import { useCallback, useEffect, useRef, useState } from 'react'

/** Browsers refuse addresses that change too often; the scrubber's is told when it rests. */
const REST = 300

interface Travel {
  at: number | null
  go: (at: number | null) => void
}

/** The moment that is shown: quick here, and in the address once it rests, so that it can be shared. */
export function useTravel(address: number | undefined, onAddress: (at: number | null) => void): Travel {
  const [at, setAt] = useState<number | null>(address ?? null)
  const told = useRef<number | null>(address ?? null)
  useEffect(() => {
    // Somebody else changed the address: the back button, or a link.
    const next = address ?? null
    if (next === told.current) return
    told.current = next
    setAt(next)
  }, [address])
  useEffect(() => {
    if (at === told.current) return
    const timer = setTimeout(
      () => {
        told.current = at
        onAddress(at)
      },
      at === null ? 0 : REST,
    )
    return () => clearTimeout(timer)
  }, [at, onAddress])
  const go = useCallback((next: number | null) => setAt(next), [])
  return { at, go }
}

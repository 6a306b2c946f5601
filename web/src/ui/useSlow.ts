import { useEffect, useState } from 'react'

/** True once `waiting` has lasted 200 ms: what is quick shows no skeleton. */
export function useSlow(waiting: boolean, delay = 200): boolean {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    if (!waiting) {
      setSlow(false)
      return
    }
    const timer = setTimeout(() => setSlow(true), delay)
    return () => clearTimeout(timer)
  }, [waiting, delay])
  return slow
}

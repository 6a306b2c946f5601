import { QueryClient } from '@tanstack/react-query'
import { ApiError } from './problem'

/** Server data lives here only; the stream refreshes it, so nothing polls and focus refetches nothing. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      // A refusal (4xx) will not change by asking again; a dropped connection may.
      retry: (count, error) => count < 2 && !(error instanceof ApiError && error.status < 500),
    },
  },
})

import { useQueries } from '@tanstack/react-query'
import { OUTPUT_PAGE, type OutputRequest, outputPageQuery } from '~/api/outputs'

export type Row = Record<string, unknown>

/** The pages between two rows, a look-up of a row in them (undefined while its page is on its way), and what failed. */
export function usePages(source: OutputRequest, first: number, last: number) {
  const from = Math.floor(first / OUTPUT_PAGE)
  const to = Math.floor(last / OUTPUT_PAGE)
  const pages = useQueries({
    queries: Array.from({ length: to - from + 1 }, (_, index) => outputPageQuery(source, from + index)),
  })
  const failed = pages.filter((page) => page.error)
  return {
    rowAt: (index: number): Row | undefined => {
      const page = pages[Math.floor(index / OUTPUT_PAGE) - from]?.data
      return page?.kind === 'table' ? page.items[index % OUTPUT_PAGE] : undefined
    },
    error: failed[0]?.error ?? null,
    retry: () => {
      for (const page of failed) void page.refetch()
    },
  }
}

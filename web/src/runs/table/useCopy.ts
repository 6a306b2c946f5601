import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { OUTPUT_PAGE, type OutputRequest, outputPageQuery } from '~/api/outputs'
import type { Column } from '~/api/types'
import { words } from '~/i18n'
import { formatCount } from '~/ui/format'
import { copyText } from '../copyText'
import { isOne, type Range } from './selection'
import { plainText, tsv } from './tsv'
import type { Row } from './usePages'

const t = words.previews
/** More is for a file. */
export const MOST_COPIED = 10_000

/** What puts cells on the clipboard as spreadsheets take them, also those that are not on the screen. */
export function useCopy(source: OutputRequest, columns: readonly Column[]) {
  const queries = useQueryClient()

  const rowsOf = async ({ top, bottom }: Range): Promise<Row[]> => {
    const found: Row[] = []
    for (let page = Math.floor(top / OUTPUT_PAGE); page <= Math.floor(bottom / OUTPUT_PAGE); page += 1) {
      const answer = await queries.fetchQuery(outputPageQuery(source, page))
      if (answer.kind !== 'table') continue
      const start = page * OUTPUT_PAGE
      found.push(...answer.items.slice(Math.max(0, top - start), bottom - start + 1))
    }
    return found
  }

  return async (range: Range, { named = false } = {}): Promise<void> => {
    const count = range.bottom - range.top + 1
    if (count > MOST_COPIED) {
      const message = t.copyTooMany(formatCount(count), formatCount(MOST_COPIED))
      notifications.show({ color: 'yellow', title: t.copyFailed, message })
      return
    }
    try {
      const shown = columns.slice(range.left, range.right + 1)
      const cells = (await rowsOf(range)).map((row) => shown.map(({ name }) => row[name]))
      // One cell is wanted as it is, a table in a shape that can be pasted.
      const alone = isOne(range) && !named
      const head = named ? [shown.map(({ name }) => name)] : []
      const done = alone ? t.copiedCell : t.copiedRows(formatCount(count), count, shown.length)
      await copyText(alone ? plainText(cells[0]?.[0]) : tsv([...head, ...cells]), done)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      notifications.show({ color: 'red', title: t.copyFailed, message })
    }
  }
}
